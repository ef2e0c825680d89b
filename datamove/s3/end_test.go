package s3

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// TestNoCredentials: where no key pair is to be had, nobody is told of rights.
func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	j := datamove.Job{Now: time.Now, StateDir: t.TempDir()}
	j.From.URL, j.To.URL = "s3://from/?endpoint=http://127.0.0.1:1", "s3://to/?endpoint=http://127.0.0.1:1"
	_, err := New(Options{}).Plan(t.Context(), j)
	var told *events.Error
	if !errors.As(err, &told) || told.Kind != events.KindInvalid || !strings.Contains(told.Message, "has no credentials") {
		t.Errorf("%v", err)
	}
}
