package datamove

import (
	"strings"
	"testing"
	"time"
)

// wrongConfigs are changes by what is said of them.
func wrongConfigs() map[string]func(*Config) {
	return map[string]func(*Config){
		"datamove.lease is 0s":         func(c *Config) { c.Lease = 0 },
		"datamove.pause is -1s":        func(c *Config) { c.Pause = -time.Second },
		"datamove.return is 0s":        func(c *Config) { c.Return = 0 },
		"datamove.progressEvery is 0s": func(c *Config) { c.ProgressEvery = 0 },
		"datamove.maxAge is 0s":        func(c *Config) { c.MaxAge = 0 },
		"datamove.remember is 0s":      func(c *Config) { c.Remember = 0 },
		"three times datamove.maxAge":  func(c *Config) { c.Remember = 3*c.MaxAge - 1 },
		"that folders of copies stay":  func(c *Config) { c.Remember = keepEnded + 1 },
		"datamove.parallel is 0":       func(c *Config) { c.Parallel = 0 },
		"datamove.attempts is 0":       func(c *Config) { c.Attempts = 0 },
	}
}

func TestConfigIsValidated(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for want, change := range wrongConfigs() {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q alone", err, want)
		}
	}
	c := DefaultConfig()
	c.Remember = 3 * c.MaxAge
	if err := c.Validate(); err != nil {
		t.Errorf("just long enough: %v", err)
	}
}
