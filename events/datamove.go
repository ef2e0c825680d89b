package events

import "encoding/json"

// CopyStart asks datamove to run a DataCopy document.
type CopyStart struct {
	// ID names the run: a DNS label. A second request with the same ID is the same run.
	ID string `json:"id"`
	// Environment is the one that is filled, "" for none.
	Environment string `json:"environment,omitempty"`
	// Provisioned is the ID of the event environment.provisioned that asked for it, ""
	// when a person did.
	Provisioned string `json:"provisioned,omitempty"`
	// Spec is the DataCopy document, as JSON. It holds no secret, only references.
	Spec json.RawMessage `json:"spec"`
}

// CopyProgressed says how far a copy has come.
type CopyProgressed struct {
	ID          string `json:"id"`
	Environment string `json:"environment,omitempty"`
	// Step is what is done now, with the store's name before it when there are several:
	// "rows", "orders: rows".
	Step string `json:"step"`
	// Unit is the table, database of keys or prefix that Done of about Total items
	// are copied of; Total is 0 when it is not known.
	Unit  string `json:"unit,omitempty"`
	Done  int64  `json:"done,omitempty"`
	Total int64  `json:"total,omitempty"`
}

// CopyFinished says how a copy ended that had begun.
type CopyFinished struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Environment string `json:"environment,omitempty"`
	Provisioned string `json:"provisioned,omitempty"`
	// Verdict is equal, different or incomplete.
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
	// Items and Bytes are those of the targets that were compared.
	Items int64    `json:"items"`
	Bytes int64    `json:"bytes"`
	Took  Duration `json:"took"`
}

// CopyRefused says that a copy was not begun: nothing was changed.
type CopyRefused struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitempty"`
	Environment string `json:"environment,omitempty"`
	Provisioned string `json:"provisioned,omitempty"`
	// Kind is the error's kind: invalid, not-found, refused, unavailable.
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
	Advice string `json:"hint,omitempty"`
}

// Topics of datamove.
var (
	CopyStartTopic      = define("v1.datamove.copy.start", func(e CopyStart) string { return e.ID })
	CopyProgressedTopic = define("v1.datamove.copy.progressed", func(e CopyProgressed) string { return e.ID })
	CopyFinishedTopic   = define("v1.datamove.copy.finished", func(e CopyFinished) string { return e.ID })
	CopyRefusedTopic    = define("v1.datamove.copy.refused", func(e CopyRefused) string { return e.ID })
)
