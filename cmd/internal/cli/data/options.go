package data

import (
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/datamove"
)

// options say what is copied from where to where: a file, or two URLs.
type options struct {
	file                 string
	from, to             string
	fromSecret, toSecret string
	include, exclude     []string
	existing             string
	policies             []string
	allow                []string
	environment          string
	kubeconfig, context  string
	// resume is the run to go on with.
	resume string
}

// add adds the flags that say what both ends are; writes adds those of commands that
// write to the target, or plan to.
func (o *options) add(flags *pflag.FlagSet, writes bool) {
	flags.StringVarP(&o.file, "file", "f", "", "DataCopy `file` instead of --from and --to; it may hold Policy documents as well")
	flags.StringVar(&o.from, "from", "", "source `url`: mysql://user@host/database, redis://host/0, s3://bucket/prefix?endpoint=...")
	flags.StringVar(&o.to, "to", "", "target `url`")
	flags.StringVar(&o.fromSecret, "from-credentials", "", "where the source's secret is: env:`NAME`, file:PATH or secret:NAMESPACE/NAME/KEY")
	flags.StringVar(&o.toSecret, "to-credentials", "", "where the target's secret is")
	flags.StringSliceVar(&o.include, "include", nil, "`glob` of tables, keys or objects; may be repeated (default all)")
	flags.StringSliceVar(&o.exclude, "exclude", nil, "`glob` of what is left out; may be repeated")
	flags.StringVar(&o.environment, "environment", "", "`name` of the environment that is filled; stands for ${environment} in a file")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file` of the cluster whose Secrets hold credentials")
	flags.StringVar(&o.context, "context", "", "`context` of the kubeconfig")
	if writes {
		flags.StringVar(&o.existing, "existing", "", "what happens to what is in the target: fail, replace or merge (default fail)")
		flags.StringSliceVar(&o.policies, "policy", nil, "`file` or folder with Policy documents; may be repeated")
		flags.StringSliceVar(&o.allow, "allow-target", nil, "`glob` of target URLs that may be written to, beside those of policies")
	}
}

// open is the document and what copies it.
func (o *options) open(d *kit.Deps) (datamove.Document, *datamove.Copier, error) {
	document, policy, err := o.read(d)
	if err != nil {
		return document, nil, err
	}
	kubeconfig := o.kubeconfig
	if kubeconfig == "" {
		kubeconfig = d.Env("KUBECONFIG")
	}
	copier, err := app.NewCopier(app.CopierOptions{
		DataDir: d.Data(), Env: d.Env, Policy: policy, Version: kit.Build().Version,
		Kubeconfig: kubeconfig, Context: o.context, Log: d.QuietLog(), Now: d.Now, NewID: d.NewID,
	})
	return document, copier, err
}
