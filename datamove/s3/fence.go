package s3

import (
	"context"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/shakedown-dev/shakedown/events"
)

// fenced has every request that changes something ask, right before it is sent, whether
// the copy still may.
func fenced(stack *middleware.Stack) error {
	ask := func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, m middleware.Metadata, err error) {
		if changes(awsmiddleware.GetOperationName(ctx)) {
			if err := events.CheckFence(ctx); err != nil {
				return out, m, err
			}
		}
		return next.HandleFinalize(ctx, in)
	}
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("Fence", ask), middleware.After)
}

// changes says whether an operation changes something.
func changes(operation string) bool {
	for _, reads := range []string{"Get", "Head", "List"} {
		if strings.HasPrefix(operation, reads) {
			return false
		}
	}
	return true
}
