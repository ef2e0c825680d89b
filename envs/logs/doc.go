// Package logs reads what the containers of an environment write as one stream, in the
// order of time, and says where something of it is missing.
//
// The package knows no Kubernetes: it speaks through the port Cluster, which
// envs/logs/kube implements.
//
// # Invariants
//
//  1. Nothing is lost in silence. Where lines may be missing, a gap stands in their
//     place, with its bounds and the reason. Three losses are not seen from here: what was
//     rotated away before it was first read; a file that the kubelet skips within one
//     connection, when a log is rotated twice before it could send; and a pod that came
//     and went while the API server could not be reached.
//  2. A connection that is lost is resumed. The API server goes on at a whole second, so
//     lines that were read already are recognised by their time, their text and their
//     place among their neighbours; equal lines stay as many as they are.
//  3. A line is whole up to MaxLine bytes. A longer one comes in parts that say so and
//     stand one after the other, unless the rest comes later than the window.
//  4. Lines are in the order of the times that their runtimes have given them. A line that
//     comes later than the window behind those of others stands where it came.
//  5. Connections and memory are bounded: a stream holds back its container's output when
//     nobody takes its lines.
package logs
