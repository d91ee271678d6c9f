#!/usr/bin/python3
"""A stand-in for the web server of the 2016 proof of concept: it behaves on the exchange as that one did.

It listens to `#.analysis` and pushes `{"machine": ..., "cpu_result": ...}` through a WebSocket. It opens a connection
to the broker for every browser, and takes for the machine what stands before the first dot. The few lines of
WebSocket (RFC 6455: the handshake and short text frames to the browser) are here so that it needs no library.

Usage: resources_web.py AMQP_URL PORT        (the original's port was 8888; 0 takes a free one, which it prints)
"""

import base64
import hashlib
import json
import socketserver
import struct
import sys

import pika

url, port = sys.argv[1], int(sys.argv[2])

WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest()).decode()


def text_frame(text):
    payload = text.encode()
    length = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + struct.pack(">H", len(payload))
    return b"\x81" + length + payload


class Browser(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        self.wfile.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(headers['sec-websocket-key'])}\r\n\r\n".encode()
        )
        connection = pika.BlockingConnection(pika.URLParameters(url))
        channel = connection.channel()
        channel.exchange_declare(exchange="my_exchange", exchange_type="topic")
        queue = channel.queue_declare(queue="", exclusive=True).method.queue
        channel.queue_bind(exchange="my_exchange", queue=queue, routing_key="#.analysis")
        channel.basic_consume(queue=queue, on_message_callback=self.on_analysis, auto_ack=True)
        channel.start_consuming()

    def on_analysis(self, _channel, method, _properties, body):
        machine = method.routing_key.split(".")[0]
        result = json.loads(body)["cpu_result"]
        self.wfile.write(text_frame(json.dumps({"machine": machine, "cpu_result": result})))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, _request, _client_address):
        pass  # The browser has gone, or the broker has.


with Server(("127.0.0.1", port), Browser) as server:
    print("listening on port", server.server_address[1], flush=True)
    server.serve_forever()
