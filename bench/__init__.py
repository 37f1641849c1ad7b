"""Speed and size of the box beside its peers: `./dev bench`, described in docs/bench.md."""
