package kit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// Confirm asks whether to go on; nothing but "yes" is taken as one. Errors: *events.Error
// of KindRefused when the answer is another, or nobody is there to give one.
func (d *Deps) Confirm(question string) error {
	if !d.InTTY {
		return events.Errorf(events.KindRefused, "add --yes", "nobody is here to confirm it, so nothing was changed")
	}
	if _, err := fmt.Fprintf(d.Err, "%s Type yes: ", html.Plain(question)); err != nil {
		return err
	}
	answer, err := bufio.NewReader(d.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return events.Errorf(events.KindRefused, "", "it was not confirmed, so nothing was changed")
	}
	return nil
}
