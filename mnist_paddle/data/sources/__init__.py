"""Where digits come from: MNIST's files, a mirror on the network, or a program that draws them."""
