package mask_test

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mask"
)

// ExamplePolicy masks a column. The same value becomes the same one under the same
// key, so that tables still fit together; what no rule names is copied as it is.
func ExamplePolicy() {
	rules := []datamove.Rule{{Column: "shop.customers.email", As: "email"}}
	policy, err := mask.New(rules, []byte("an example's key of some length"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var masker datamove.Masker = policy
	email := masker.Column("shop", "customers", "email")
	once, _, _ := email.Mask(nil, []byte("ann@example.test"))
	again, _, _ := email.Mask(nil, []byte("ann@example.test"))
	fmt.Println(email.As(), string(once) == string(again), string(once) == "ann@example.test")
	fmt.Println(masker.Column("shop", "customers", "id") == nil)
	// Output:
	// email true false
	// true
}
