#!/usr/bin/python3
"""A stand-in for the analyzer of the 2016 proof of concept: it behaves on the exchange as that one did.

It listens to `#.measure` and publishes `<machine>.analysis`, `{"cpu_result": "LOW"}`: below 25 is LOW, below 75
MEDIUM, else HIGH. It takes for the machine what stands before the first dot, so `db-01.example.com` becomes `db-01`.

Usage: resources_analyzer.py AMQP_URL
"""

import json
import sys

import pika


def on_measure(channel, method, _properties, body):
    machine = method.routing_key.split(".")[0]
    cpu_percentage = json.loads(body)["cpu_percentage"]
    if cpu_percentage < 25:
        result = "LOW"
    elif cpu_percentage < 75:
        result = "MEDIUM"
    else:
        result = "HIGH"
    channel.basic_publish(
        exchange="my_exchange", routing_key=machine + ".analysis", body=json.dumps({"cpu_result": result})
    )


connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.exchange_declare(exchange="my_exchange", exchange_type="topic")
queue = channel.queue_declare(queue="", exclusive=True).method.queue
channel.queue_bind(exchange="my_exchange", queue=queue, routing_key="#.measure")
channel.basic_consume(queue=queue, on_message_callback=on_measure, auto_ack=True)
print("listening", flush=True)
channel.start_consuming()
