"""A slow link that loses packets, for kernels without netem. Needs root and /dev/net/tun.

Opens a TUN device with an address and sends every packet for its neighbour back, as if the neighbour had sent
it: source and destination are swapped, which keeps the checksums valid. A connection to the neighbour thus
reaches the server that listens at the device's own address, and the kernel's TCP is at both ends.

    link.py ADDRESS NEIGHBOUR DELAY_MS LOSS MBIT_PER_S

DELAY_MS is the delay in each direction, LOSS the share of packets that are lost, MBIT_PER_S the bandwidth of
each direction. Prints a line once the link is up, and exits when its stdin closes.
"""

import collections
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MAX_PACKET_BYTES = 65_536
# A router drops packets that would have to wait longer than this.
MAX_QUEUE_S = 0.1

address, neighbour = sys.argv[1:3]
delay_s = float(sys.argv[3]) / 1_000
loss = float(sys.argv[4])
bytes_per_s = float(sys.argv[5]) * 125_000

tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
answer = fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"imgwire%d", IFF_TUN | IFF_NO_PI))
device = answer[:16].rstrip(b"\0").decode()
subprocess.run(["ip", "address", "add", address, "peer", neighbour, "dev", device], check=True)
subprocess.run(["ip", "link", "set", device, "txqueuelen", "10000", "up"], check=True)
# A real link doesn't wait for a processor, so take precedence over other processes.
os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
print(device, flush=True)

server_ports = set()
# Per direction, upward (towards the server) or not: when the last packet has left the router.
free_at = {True: 0.0, False: 0.0}
# Per direction, the packets in transit, oldest first.
in_transit = {True: collections.deque(), False: collections.deque()}


def send(packet, now):
    """Sends a packet on its way, unless it is lost."""
    header = (packet[0] & 15) * 4
    if packet[0] >> 4 != 4 or packet[9] != 6:
        return
    port = packet[header + 2 : header + 4]
    if packet[header + 13] & 0x12 == 0x02:  # SYN without ACK opens a connection
        server_ports.add(port)
    is_up = port in server_ports
    start = max(now, free_at[is_up])
    if random.random() < loss or start - now > MAX_QUEUE_S:
        return
    free_at[is_up] = start + len(packet) / bytes_per_s
    swapped = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
    in_transit[is_up].append((free_at[is_up] + delay_s, swapped))


def deliver(now):
    """Delivers the packets that have arrived. Returns the seconds until the next one does."""
    for queue in in_transit.values():
        while queue and queue[0][0] <= now:
            os.write(tun, queue.popleft()[1])
    return min((queue[0][0] - now for queue in in_transit.values() if queue), default=None)


while True:
    wait = deliver(time.monotonic())
    ready, _, _ = select.select([tun, 0], [], [], wait)
    if 0 in ready and not os.read(0, 1):
        break
    try:
        while tun in ready:
            send(os.read(tun, MAX_PACKET_BYTES), time.monotonic())
    except BlockingIOError:
        pass
