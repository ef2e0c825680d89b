//go:build real

package storetest

import (
	"net/http"
	"testing"
)

// TestS3Servers starts each server, kills it and starts it again.
func TestS3Servers(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *S3Server{
		"versitygw": func(t testing.TB) *S3Server { return S3(t) }, "moto": Moto,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			s.Kill()
			s.Start()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
		})
	}
}
