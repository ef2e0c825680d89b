package app

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mask"
	"github.com/shakedown-dev/shakedown/datamove/mysql"
	"github.com/shakedown-dev/shakedown/datamove/redis"
	"github.com/shakedown-dev/shakedown/datamove/report"
	"github.com/shakedown-dev/shakedown/datamove/s3"
	"github.com/shakedown-dev/shakedown/events"
)

// CopierOptions are what copies of data need of the world.
type CopierOptions struct {
	// DataDir holds the state of copies, below the folder datamove.
	DataDir string
	// Env looks up environment variables that hold credentials.
	Env func(string) string
	// Policy decides which targets may be written to.
	Policy  datamove.Policy
	Version string
	// Kubeconfig and Context choose the cluster of Secrets; it is not spoken to
	// unless a credential names one.
	Kubeconfig, Context string
	Log                 *slog.Logger
	Now                 func() time.Time
	NewID               func() string
}

// NewCopier joins the adapters of every store with the masking and the reports.
func NewCopier(o CopierOptions) (*datamove.Copier, error) {
	return datamove.NewCopier(datamove.CopierDeps{
		Adapters: map[string]datamove.Adapter{
			datamove.StoreMySQL: mysql.New(), datamove.StoreRedis: redis.New(), datamove.StoreS3: s3.New(s3.Options{}),
		},
		Secrets: datamove.Secrets{Env: o.Env, Kubernetes: o.secret},
		NewMask: newMask, Policy: o.Policy, View: report.HTML, Dir: filepath.Join(o.DataDir, "datamove"),
		Version: o.Version, Now: o.Now, NewID: o.NewID, Log: o.Log,
	})
}

// newMask makes a policy. Without rules that mask there is no key to ask for.
func newMask(rules []datamove.Rule, key []byte) (datamove.MaskPolicy, error) {
	masks := slices.ContainsFunc(rules, func(r datamove.Rule) bool { return r.As != "keep" })
	if !masks && len(key) == 0 {
		key = make([]byte, 16) // nothing is masked with it
	}
	policy, err := mask.New(rules, key)
	if err != nil {
		return nil, err
	}
	return maskPolicy{policy}, nil
}

// maskPolicy joins a policy with the classification.
type maskPolicy struct{ *mask.Policy }

// Missing are the column rules that fit none of the fields.
func (p maskPolicy) Missing(fields []datamove.Field) events.Problems { return p.Policy.Missing(fields) }

// Unclassified are findings on fields that look personal and that no rule covers.
func (p maskPolicy) Unclassified(fields []datamove.Field) []datamove.Finding {
	var found []datamove.Finding
	for _, f := range mask.Unclassified(p.Policy, fields) {
		name := strings.TrimSpace(f.Field.Name + " " + f.Field.Path)
		found = append(found, datamove.Finding{
			Severity: datamove.Refusal, Check: "unclassified",
			Message: fmt.Sprintf("%s looks like %s (%s), and no masking rule covers it", name, f.As, f.Why),
			Hint:    "propose rules with shakedown data classify; `as: keep` says that a field is harmless",
		})
	}
	return found
}
