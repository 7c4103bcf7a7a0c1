module lodestore/bench/measure

go 1.23
