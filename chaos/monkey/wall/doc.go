// Package wall is the time that people read from the clock on the wall of a zone: dates,
// times of day, and the moments that they mean.
//
// A reading is a time.Time in UTC whose fields are what the clock shows. It says nothing
// about a zone; At gives it one. When clocks go forward some readings never come: they
// mean the moment at which the clocks were changed. When clocks go back some come twice:
// they mean the first time. Nothing here depends on the zone of the machine, and the
// package brings the zone data with it, for machines that have none.
package wall

import _ "time/tzdata" // for machines without zone data
