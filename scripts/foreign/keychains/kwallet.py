"""Starts kwalletd as a login does: it receives the key through a pipe and the environment over a socket."""

import os
import signal
import socket
import subprocess
import tempfile

environment = "".join(f"{name}={value}\n" for name, value in os.environ.items())
reading, writing = os.pipe()
path = os.path.join(tempfile.mkdtemp(dir=os.environ["XDG_RUNTIME_DIR"]), "socket")
listening = socket.socket(socket.AF_UNIX)
listening.bind(path)
listening.listen(1)
os.write(writing, bytes.fromhex(os.environ["WALLET_KEY"]))
os.close(writing)
fds = (reading, listening.fileno())
wallet = subprocess.Popen(["kwalletd5", "--pam-login", *map(str, fds)], pass_fds=fds)
for number in (signal.SIGTERM, signal.SIGCONT):
    signal.signal(number, lambda number, _: wallet.send_signal(number))
client = socket.socket(socket.AF_UNIX)
client.connect(path)
client.sendall(environment.encode())
client.close()
wallet.wait()
