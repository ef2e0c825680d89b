package data

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// usage is the command whose help explains the options.
const usage = "shakedown data copy"

// read is the document and the policy that the options mean.
func (o *options) read(d *kit.Deps) (datamove.Document, datamove.Policy, error) {
	policy := datamove.Policy{}
	if direct := o.from != "" || o.to != ""; direct && o.file != "" {
		return datamove.Document{}, policy, kit.Usagef(usage, "--file and --from/--to exclude each other")
	}
	if len(o.allow) > 0 {
		policy.Targets = []datamove.Target{{Allow: o.allow}}
		if problems := policy.Targets[0].Check("--allow-target"); len(problems) > 0 {
			return datamove.Document{}, policy, kit.Usagef(usage, "%v", problems)
		}
	}
	documents, err := o.documents(d)
	if err != nil {
		return datamove.Document{}, policy, err
	}
	for _, p := range spec.Of[*datamove.PolicyDocument](documents) {
		policy = policy.Join(p.Spec.Data)
	}
	document, err := o.document(spec.Of[*datamove.Document](documents))
	return document, policy, err
}

// documents are all of the files that the options name.
func (o *options) documents(d *kit.Deps) ([]spec.Document, error) {
	paths := o.policies
	if o.file != "" {
		paths = append(slices.Clip(paths), o.file)
	}
	if len(paths) == 0 {
		return nil, nil
	}
	return d.Specs().Read(paths...)
}

func (o *options) document(copies []*datamove.Document) (datamove.Document, error) {
	switch {
	case o.file != "" && len(copies) != 1:
		return datamove.Document{}, kit.Invalid("name a file with one document of kind DataCopy", "%s has %d documents of kind DataCopy, want one", o.file, len(copies))
	case o.file != "":
		return o.named(*copies[0]), nil
	case o.resume != "" && o.from == "" && o.to == "":
		return datamove.Document{}, nil // the run knows its document
	case o.from == "" || o.to == "":
		return datamove.Document{}, kit.Usagef(usage, "want --file, or --from and --to")
	}
	return o.direct()
}

// named is the document for the environment that was named here or in it.
func (o *options) named(document datamove.Document) datamove.Document {
	if name := cmp.Or(o.environment, document.Spec.Environment); name != "" {
		return document.For(name)
	}
	return document
}

// direct is the document that two URLs mean.
func (o *options) direct() (datamove.Document, error) {
	from, err := reference(o.fromSecret)
	if err != nil {
		return datamove.Document{}, err
	}
	to, err := reference(o.toSecret)
	if err != nil {
		return datamove.Document{}, err
	}
	source := datamove.Endpoint{URL: o.from, Credentials: from}
	address, _ := source.Address() // Validate reports a URL that is none
	document := datamove.Document{
		Header: events.NewHeader(datamove.Kind, "copy"),
		Spec: datamove.Spec{Environment: o.environment, Stores: []datamove.Store{{
			Name: cmp.Or(address.Store, "store"), Include: o.include, Exclude: o.exclude, Existing: datamove.Existing(o.existing),
			From: source, To: datamove.Endpoint{URL: o.to, Credentials: to},
		}}},
	}
	if problems := document.Validate(); len(problems) > 0 {
		return document, kit.Invalid("shakedown data plan --help", "%w", problems)
	}
	return document, nil
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
	return datamove.Credentials{}, kit.Usagef(usage, "credentials want env:NAME, file:PATH or secret:NAMESPACE/NAME/KEY")
}
