"""The environment variables by which the launcher talks to the processes that it starts."""

CPU = "MNIST_PADDLE_CPU"  # for a script of Paddle 1.x, a GPU place means the CPU
