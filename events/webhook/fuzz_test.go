package webhook_test

import (
	"net/http"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/webhook"
)

// FuzzBody posts any body with a good signature: the answer is 202 with an event
// that can be read back, or 400 with none.
func FuzzBody(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"project":"p","revision":"é","template":"t","components":{"a":"b"}}`))
	f.Add([]byte(`{"components":{"a":1}}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		bus := &fakeBus{}
		h := webhook.New(webhook.Config{Bus: bus, Secrets: []string{secret}, Now: noon})
		response, r := post(t, h, http.MethodPost, string(body), webhook.Sign(secret, noon(), body))
		switch {
		case response.Code == http.StatusBadRequest && len(bus.got) == 0 && r.Error != "":
		case response.Code == http.StatusAccepted && len(bus.got) == 1:
			raw, err := bus.got[0].Encode()
			if err != nil {
				t.Fatalf("event cannot be written: %v", err)
			}
			e, err := events.Decode(raw)
			if err != nil {
				t.Fatalf("event cannot be read back: %v", err)
			}
			if _, _, err := events.BuildSucceededTopic.Parse(e); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("got %d %+v with %d events", response.Code, r, len(bus.got))
		}
	})
}

// FuzzHeaders sends any headers: without the secret nothing is ever stored.
func FuzzHeaders(f *testing.F) {
	header := webhook.Sign("other", noon(), []byte(good))
	f.Add(header.Get(webhook.TimestampHeader), header.Get(webhook.SignatureHeader))
	f.Add("-1", "sha256=")
	f.Fuzz(func(t *testing.T, stamp, signature string) {
		bus := &fakeBus{}
		h := webhook.New(webhook.Config{Bus: bus, Secrets: []string{secret}, Now: noon})
		header := http.Header{"Content-Type": {"application/json"}}
		header.Set(webhook.TimestampHeader, stamp)
		header.Set(webhook.SignatureHeader, signature)
		if response, _ := post(t, h, http.MethodPost, good, header); response.Code != http.StatusUnauthorized || len(bus.got) > 0 {
			t.Fatalf("got %d with %d events", response.Code, len(bus.got))
		}
	})
}
