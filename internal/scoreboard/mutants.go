package main
func readMutants(output string) reading { return readTests(output) }
