package kit

import (
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/events"
)

// Complete completes the first argument by the names in the answer to a call. A
// server that does not answer completes nothing.
func Complete[Req, Resp any](
	d *Deps, server *Server, c events.Call[Req, Resp], req Req, names func(Resp) []string,
) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 || d.Settle(cmd) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		_ = d.WithSession(cmd.Context(), server, func(s *Session) error { // completion has nowhere to report it
			answer, err := Ask(cmd.Context(), s, c, req)
			if err == nil {
				found = names(answer)
			}
			return err
		})
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// CompleteFlag completes the value of a flag as the first argument is completed.
func CompleteFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	_ = cmd.RegisterFlagCompletionFunc(flag, // the flag is there
		func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return complete(cmd, nil, prefix)
		})
}
