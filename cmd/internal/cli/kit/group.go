package kit

import "github.com/spf13/cobra"

// Group is a command that only holds others.
func Group(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(children...)
	return cmd
}

// AsUsage makes every mistake in a command line, of the command and of those below
// it, a UsageError that names the command whose help explains it.
func AsUsage(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return UsageError{err, c.CommandPath()} })
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return UsageError{err, c.CommandPath()}
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		AsUsage(child)
	}
}
