#!/usr/bin/python3
"""A stand-in for the tracker of the 2016 proof of concept: it behaves on the exchange as that one did.

It publishes `<machine>.measure`, `{"cpu_percentage": 12.5}`, with no properties beside the body, and opens a
connection to the broker for every message. The machine is the host's name up to its first dot.

Usage: resources_tracker.py AMQP_URL [INTERVAL_SECONDS]
"""

import json
import socket
import sys
import time

import pika

url = sys.argv[1]
interval_s = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
machine = socket.gethostname().split(".")[0]


def cpu_times():
    with open("/proc/stat", encoding="ascii") as stat:
        times = [int(word) for word in stat.readline().split()[1:9]]
    return sum(times), times[3] + times[4]


def publish(body):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.exchange_declare(exchange="my_exchange", exchange_type="topic")
    channel.basic_publish(exchange="my_exchange", routing_key=machine + ".measure", body=json.dumps(body))
    connection.close()


total, idle = cpu_times()
while True:
    time.sleep(interval_s)
    total_now, idle_now = cpu_times()
    busy = 1 - (idle_now - idle) / max(1, total_now - total)
    total, idle = total_now, idle_now
    publish({"cpu_percentage": round(100 * busy, 1)})
    print("published", flush=True)
