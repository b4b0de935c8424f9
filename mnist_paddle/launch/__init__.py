"""Several processes of one training: paddle.distributed.launch started, watched and ended.

options.py checks what is asked for, job.py watches the processes, worker.py is what each of them
runs, procs.py starts them for `train --procs`.
"""
