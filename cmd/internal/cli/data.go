package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mask"
	"github.com/shakedown-dev/shakedown/events"
)

func newDataCmd(f *factory) *cobra.Command {
	return group("data", "Data between environments: MySQL/MariaDB, Redis and S3, masked and proven equal",
		newDataPlanCmd(f), newDataCopyCmd(f), newDataVerifyCmd(f), newDataClassifyCmd(f))
}

// dataOptions say what is copied from where to where: a file, or two URLs.
type dataOptions struct {
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

func (o *dataOptions) add(flags *pflag.FlagSet, writes bool) {
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

// read is the document and the policy that the options mean.
func (o *dataOptions) read(f *factory) (datamove.Document, datamove.Policy, error) {
	policy := datamove.Policy{}
	if direct := o.from != "" || o.to != ""; direct && o.file != "" {
		return datamove.Document{}, policy, usageError{fmt.Errorf("--file and --from/--to exclude each other"), "shakedown data copy"}
	}
	if len(o.allow) > 0 {
		policy.Targets = []datamove.Target{{Allow: o.allow}}
	}
	paths := o.policies
	if o.file != "" {
		paths = append(slices.Clip(paths), o.file)
	}
	var copies []*datamove.Document
	if len(paths) > 0 {
		documents, err := f.specs().Read(paths...)
		if err != nil {
			return datamove.Document{}, policy, err
		}
		for _, d := range spec.Of[*datamove.PolicyDocument](documents) {
			policy = policy.Join(d.Spec.Data)
		}
		copies = spec.Of[*datamove.Document](documents)
	}
	doc, err := o.document(copies)
	return doc, policy, err
}

func (o *dataOptions) document(copies []*datamove.Document) (datamove.Document, error) {
	switch {
	case o.file != "" && len(copies) != 1:
		return datamove.Document{}, invalid("name a file with one document of kind DataCopy", "%s has %d documents of kind DataCopy, want one", o.file, len(copies))
	case o.file != "":
		return o.named(*copies[0]), nil
	case o.resume != "" && o.isEmpty():
		return datamove.Document{}, nil // the run knows its document
	case o.from == "" || o.to == "":
		return datamove.Document{}, usageError{fmt.Errorf("want --file, or --from and --to"), "shakedown data copy"}
	}
	return o.direct()
}

// named is the document for the environment that was named here or in it.
func (o *dataOptions) named(d datamove.Document) datamove.Document {
	if name := cmp.Or(o.environment, d.Spec.Environment); name != "" {
		return d.For(name)
	}
	return d
}

// direct is the document that two URLs mean.
func (o *dataOptions) direct() (datamove.Document, error) {
	from, err := reference(o.fromSecret)
	if err != nil {
		return datamove.Document{}, err
	}
	to, err := reference(o.toSecret)
	if err != nil {
		return datamove.Document{}, err
	}
	source := datamove.Endpoint{URL: o.from, Credentials: from}
	address, _ := source.Address() // a URL that is none is told by Validate
	d := datamove.Document{
		Header: events.NewHeader(datamove.Kind, "copy"),
		Spec: datamove.Spec{Environment: o.environment, Stores: []datamove.Store{{
			Name: cmp.Or(address.Store, "store"), Include: o.include, Exclude: o.exclude, Existing: datamove.Existing(o.existing),
			From: source, To: datamove.Endpoint{URL: o.to, Credentials: to},
		}}},
	}
	if problems := d.Validate(); len(problems) > 0 {
		return d, invalid("shakedown data plan --help", "%w", problems)
	}
	return d, nil
}

// reference reads env:NAME, file:PATH or secret:NAMESPACE/NAME/KEY.
func reference(text string) (datamove.Credentials, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch {
	case text == "":
		return datamove.Credentials{}, nil
	case kind == "env" && rest != "":
		return datamove.Credentials{Env: rest}, nil
	case kind == "file" && rest != "":
		return datamove.Credentials{File: rest}, nil
	case kind == "secret" && strings.Count(rest, "/") == 2:
		parts := strings.Split(rest, "/")
		return datamove.Credentials{Secret: &datamove.SecretRef{Namespace: parts[0], Name: parts[1], Key: parts[2]}}, nil
	}
	// The text is not repeated: somebody may have typed the secret itself.
	return datamove.Credentials{}, usageError{fmt.Errorf("credentials want env:NAME, file:PATH or secret:NAMESPACE/NAME/KEY"), "shakedown data copy"}
}

// open is the document and what copies it.
func (o *dataOptions) open(f *factory) (datamove.Document, *datamove.Copier, error) {
	doc, policy, err := o.read(f)
	if err != nil {
		return doc, nil, err
	}
	copier, err := o.copier(f, policy)
	return doc, copier, err
}

// copier joins what a copy in this process needs.
func (o *dataOptions) copier(f *factory, policy datamove.Policy) (*datamove.Copier, error) {
	kubeconfig := o.kubeconfig
	if kubeconfig == "" {
		kubeconfig = f.Env("KUBECONFIG")
	}
	return app.NewCopier(app.CopierOptions{
		DataDir: f.data(), Env: f.Env, Policy: policy, Version: buildVersion().Version,
		Kubeconfig: kubeconfig, Context: o.context, Log: f.quietLogger(), Now: f.Now, NewID: f.NewID,
	})
}

func newDataPlanCmd(f *factory) *cobra.Command {
	var o dataOptions
	cmd := &cobra.Command{
		Use: "plan", Short: "Look at both ends of a copy: rights, sizes, traps, time. Changes nothing",
		Long: `Look at both ends of a copy and tell what would be copied, how and how long it
takes, what stands in the way and what to know. Nothing is changed. The exit code
is 5 when the copy would be refused.`,
		Example: `  shakedown data plan -f datacopy.yaml
  shakedown data plan --from mysql://reader@db.stage/shop --from-credentials env:STAGE_PASSWORD --to mysql://root@127.0.0.1/shop`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.dataPlan(cmd.Context(), &o) },
	}
	o.add(cmd.Flags(), true)
	return cmd
}

func (f *factory) dataPlan(ctx context.Context, o *dataOptions) error {
	doc, copier, err := o.open(f)
	if err != nil {
		return err
	}
	plans, err := copier.Plan(ctx, doc)
	if err != nil {
		return err
	}
	if err := f.show(plansResult(plans)); err != nil {
		return err
	}
	if datamove.Stopped(plans) {
		return verdictError{exitRefused}
	}
	return nil
}

func newDataCopyCmd(f *factory) *cobra.Command {
	var o dataOptions
	cmd := &cobra.Command{
		Use: "copy", Short: "Copy data and prove that both sides are equal",
		Long: `Look at both ends, refuse or copy, and compare both sides. The report is kept as
JSON and HTML. A copy that was cut off goes on where it stopped with --resume.
The exit code is 0 only when both sides are equal; 9 means a difference, 5 that
it was refused and nothing was changed.`,
		Example: `  shakedown data copy -f datacopy.yaml
  shakedown data copy --resume 4f1c2e9a`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.dataCopy(cmd.Context(), &o) },
	}
	o.add(cmd.Flags(), true)
	cmd.Flags().StringVar(&o.resume, "resume", "", "`id` of a copy that was cut off")
	return cmd
}

func (f *factory) dataCopy(ctx context.Context, o *dataOptions) error {
	doc, copier, err := o.open(f)
	if err != nil {
		return err
	}
	t := f.transfers()
	report, err := copier.Copy(ctx, doc, datamove.CopyOptions{ID: o.resume, Resume: o.resume != "", Began: t.began}, t)
	t.p.Done(err)
	if report.Verdict == datamove.Incomplete && copier.Knows(report.ID) {
		t.p.Say("to go on: shakedown data copy --resume %s", report.ID)
	}
	if len(report.Parts) == 0 && err != nil {
		return err
	}
	return f.dataEnd(report, copier.ReportFiles(report.ID), err)
}

func (o *dataOptions) isEmpty() bool { return o.file == "" && o.from == "" && o.to == "" }

func newDataVerifyCmd(f *factory) *cobra.Command {
	var o dataOptions
	cmd := &cobra.Command{
		Use: "verify", Short: "Compare both ends without copying. Changes nothing",
		Long: `Compare both ends row by row, key by key and object by object, and narrow down
what differs. Nothing is changed at either end; the report is kept as JSON and HTML.
The exit code is 0 when both sides are equal and 9 when they are not. What the
DataCopy masks is compared as it would be masked; --from and --to alone mask nothing.`,
		Example: `  shakedown data verify --from redis://10.0.0.5/0 --to redis://127.0.0.1/0`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.dataVerify(cmd.Context(), &o) },
	}
	o.add(cmd.Flags(), false)
	return cmd
}

func (f *factory) dataVerify(ctx context.Context, o *dataOptions) error {
	doc, copier, err := o.open(f)
	if err != nil {
		return err
	}
	t := f.transfers()
	report, err := copier.Verify(ctx, doc, t)
	t.p.Done(err)
	if len(report.Parts) == 0 && err != nil {
		return err
	}
	return f.dataEnd(report, copier.ReportFiles(report.ID), err)
}

// dataEnd shows the report and ends with the exit code that its verdict means.
func (f *factory) dataEnd(r datamove.Report, files datamove.ReportFiles, err error) error {
	if shown := f.show(reportResult(r, files)); shown != nil {
		return shown
	}
	switch {
	case err != nil:
		return err
	case r.Verdict == datamove.Equal:
		return nil
	case r.Verdict == datamove.Different:
		return verdictError{exitDrift}
	case r.Verdict == datamove.Refused:
		return verdictError{exitRefused}
	}
	return verdictError{exitPartly}
}

func newDataClassifyCmd(f *factory) *cobra.Command {
	var o dataOptions
	cmd := &cobra.Command{
		Use: "classify", Short: "Propose masking rules from names and samples of the source. Changes nothing",
		Long: `Look at the names and at samples of what is in the source, and print masking rules
for what looks personal, ready to be put into a DataCopy. Samples are never shown.`,
		Example: `  shakedown data classify -f datacopy.yaml`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.dataClassify(cmd.Context(), &o) },
	}
	o.add(cmd.Flags(), false)
	return cmd
}

func (f *factory) dataClassify(ctx context.Context, o *dataOptions) error {
	doc, copier, err := o.open(f)
	if err != nil {
		return err
	}
	fields, err := copier.Fields(ctx, doc)
	if err != nil {
		return err
	}
	return f.show(rulesResult(mask.Propose(fields), len(fields)))
}
