module lodestore/bench/server

go 1.23
