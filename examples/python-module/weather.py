"""A whole module in Python, with nothing of Ganglion's: it listens to every measure and publishes `<machine>.weather`.

    /usr/bin/python3 weather.py AMQP_URL [EXCHANGE]

It needs pika (Debian's python3-pika). docs/wire.md says all that a module has to know; what is needed stands here.
"""

import json
import sys
import time
from datetime import datetime, timezone

import pika

url = sys.argv[1] if len(sys.argv) > 1 else "amqp://localhost"
exchange = sys.argv[2] if len(sys.argv) > 2 else "ganglion"


def weather_of(cpu_percentage):
    return "sunny" if cpu_percentage < 25 else "cloudy" if cpu_percentage < 75 else "storm"


def on_measure(channel, method, properties, body):
    channel.basic_ack(method.delivery_tag)
    # The family is the last word of the key; all before the last dot is the machine, dots and all.
    machine = method.routing_key.rpartition(".")[0]
    try:
        weather = {"weather": weather_of(json.loads(body)["cpu_percentage"])}
    except (ValueError, KeyError, TypeError) as error:
        print(f"{method.routing_key}: skipped, {error!r}", flush=True)
        return
    # The answer carries the measure's time on, so that all can tell how old it is; a foreign measure may have none.
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    headers = {"time": (properties.headers or {}).get("time", now)}
    beside = pika.BasicProperties(content_type="application/json", type="weather", app_id="weather", headers=headers)
    channel.basic_publish(exchange, f"{machine}.weather", json.dumps(weather), beside)


def listen():
    parameters = pika.URLParameters(url)
    parameters.client_properties = {"connection_name": "weather"}
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        # Passive: take the exchange as it stands, and fail (to try again) while there is none.
        channel.exchange_declare(exchange, passive=True)
        # A live queue: ours alone, gone with us, at most 1,000 messages waiting; then the oldest go.
        queue = channel.queue_declare("", exclusive=True, arguments={"x-max-length": 1000}).method.queue
        channel.queue_bind(queue, exchange, "#.measure")
        channel.basic_qos(prefetch_count=100)
        channel.basic_consume(queue, on_measure)
        print("listening", flush=True)
        channel.start_consuming()


while True:
    try:
        listen()
    except (pika.exceptions.AMQPError, OSError) as error:
        print(f"no broker or no exchange ({error!r}), trying again in a second", flush=True)
        time.sleep(1)
