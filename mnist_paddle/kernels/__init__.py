"""What makes a CPU fast: convolutions with pooling, threads and cores, the process' environment.

conv_pool.py holds the one function that the networks call and chooses how it is computed;
cores.py counts the cores that this process may use; environment.py sets, when it is called, what
NumPy and Paddle read when they are loaded. Nothing here knows a network or a training.
"""
