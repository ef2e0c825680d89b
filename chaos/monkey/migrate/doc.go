// Package migrate makes schedules of the settings of other tools: labels of kube-monkey,
// flags of chaoskube and the TOML file of Chaos Monkey. It lists what a schedule does
// differently, and what it leaves out.
package migrate
