package natsbus

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	tokenFile  = "nats.token"
	accessFile = "nats.json"
)

// Access is where a server is and what it wants to see. At most one of Token,
// User, CredentialsFile and NKeyFile is set.
type Access struct {
	// URL is one address or several with commas between.
	URL             string `json:"url"`
	Token           string `json:"token,omitempty"`
	User            string `json:"user,omitempty"`
	Password        string `json:"password,omitempty"`
	CredentialsFile string `json:"credentialsFile,omitempty"`
	NKeyFile        string `json:"nkeyFile,omitempty"`
	// CAFile, CertFile and KeyFile are PEM files for TLS.
	CAFile   string `json:"caFile,omitempty"`
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
	// Inbox begins the subjects of answers, for a user who may read those only; "" means
	// _INBOX, which all who may read it share.
	Inbox string `json:"inbox,omitempty"`
	// API begins the subjects of the API of JetStream, for a user whose account imports a
	// part of that of another account; "" means $JS.API.
	API string `json:"api,omitempty"`
}

// String is the address without any secret. What is no address may be a part of one, and
// is not shown.
func (a Access) String() string {
	addresses := strings.Split(a.URL, ",")
	for i, address := range addresses {
		switch u, err := parseAddress(address); {
		case err != nil:
			addresses[i] = "(no address)"
		case u.User != nil:
			addresses[i] = u.Scheme + "://" + u.Host
		}
	}
	return strings.Join(addresses, ",")
}

func parseAddress(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "nats://" + address
	}
	return url.Parse(strings.TrimSpace(address))
}

// api begins the subjects of the API of JetStream.
func (a Access) api() string { return cmp.Or(a.API, "$JS.API") + "." }

// checkURL reports what is no address, without repeating it: it may be a part of a password.
func (a Access) checkURL() error {
	for address := range strings.SplitSeq(a.URL, ",") {
		if _, err := parseAddress(address); err != nil {
			return events.Errorf(events.KindInvalid, "write nats://USER:PASSWORD@HOST:PORT, with % and two hex digits for each special character of the password",
				"connect to nats at %s: that is no address", a)
		}
	}
	return nil
}

// anonymous says that the server cannot know who connects.
func (a Access) anonymous() bool {
	return a.Token == "" && a.User == "" && a.CredentialsFile == "" && a.NKeyFile == "" && a.CertFile == "" && !strings.Contains(a.URL, "@")
}

// LogValue keeps secrets out of logs.
func (a Access) LogValue() slog.Value { return slog.StringValue(a.String()) }

// options are what nats.go needs for the credentials.
func (a Access) options() ([]nats.Option, error) {
	var opts []nats.Option
	switch {
	case a.Token != "":
		opts = append(opts, nats.Token(a.Token))
	case a.User != "":
		opts = append(opts, nats.UserInfo(a.User, a.Password))
	case a.CredentialsFile != "":
		opts = append(opts, nats.UserCredentials(a.CredentialsFile))
	case a.NKeyFile != "":
		nkey, err := nats.NkeyOptionFromSeed(a.NKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read nkey %s: %w", a.NKeyFile, err)
		}
		opts = append(opts, nkey)
	}
	if a.Inbox != "" {
		opts = append(opts, nats.CustomInboxPrefix(a.Inbox))
	}
	if a.CAFile != "" {
		opts = append(opts, nats.RootCAs(a.CAFile))
	}
	if a.CertFile != "" || a.KeyFile != "" {
		opts = append(opts, nats.ClientCert(a.CertFile, a.KeyFile))
	}
	return opts, nil
}

// ReadAccess is how to connect to the server that was last started with the data
// directory. Errors: *events.Error of KindUnavailable when none ever was.
func ReadAccess(dir string) (Access, error) {
	var a Access
	path := filepath.Join(dir, accessFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a, events.Errorf(events.KindUnavailable, "start one with: shakedown up",
			"no server has run with data directory %s", dir)
	}
	if err != nil {
		return a, fmt.Errorf("read server address: %w", err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("read server address in %s: %w", path, err)
	}
	return a, nil
}

func writeAccess(dir string, a Access) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode server address: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, accessFile), raw); err != nil {
		return fmt.Errorf("write server address: %w", err)
	}
	return nil
}

// ensureToken reads the token of the data directory, or makes one.
func ensureToken(dir string) (string, error) {
	path := filepath.Join(dir, tokenFile)
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) > 0 {
		return string(raw), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read token: %w", err)
	}
	token := rand.Text()
	if err := replaceFile(path, []byte(token)); err != nil {
		return "", fmt.Errorf("write token: %w", err)
	}
	return token, nil
}

// replaceFile writes the file whole or not at all, readable by the owner only.
func replaceFile(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
