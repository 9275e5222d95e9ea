#!/usr/bin/python3
"""A small openWB at a real mosquitto: publishes what openWB 1.9 or 2.x publishes and obeys the orders they obey.

    simulator.py --version 1.9 --port 11883 [--seed 1] [--interval 3]

Connects to the home's own mosquitto (anonymous, plain), never to the cloud: that is the bridge's work.
"""

import argparse
import queue
import signal
import sys
import time

import paho.mqtt.client as mqtt

from openwb.v19 import Home19
from openwb.v2 import Home2

HOMES = {"1.9": Home19, "2.x": Home2}


class Simulator:
    """Joins one home to its broker. All of it runs in the thread that calls run(); paho's thread only fills a queue."""

    def __init__(self, home, version, interval):
        self._home = home
        self._interval = interval
        self._sent = {}
        self._events = queue.Queue()
        self._client = mqtt.Client(client_id=f"openwb-{version}", clean_session=True)
        self._client.on_connect = lambda client, *_: self._events.put("connected")
        self._client.on_message = lambda client, data, message: self._events.put(message)

    def run(self, host, port):
        self._client.connect_async(host, port, keepalive=30)
        self._client.reconnect_delay_set(1, 2)
        self._client.loop_start()
        self._home.house.step(self._interval)
        due = time.monotonic() + self._interval
        while True:
            try:
                event = self._events.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                due += self._interval
                self._home.house.step(self._interval)
                self._say(self._home.status(time.time()))
                continue
            if event is None:
                break
            if event == "connected":
                self._greet()
            else:
                self._obey(event)
        self._client.disconnect()
        self._client.loop_stop()

    def stop(self, *_):
        self._events.put(None)

    def _greet(self):
        self._sent.clear()
        for topic_filter in self._home.order_filters:
            self._client.subscribe(topic_filter, qos=2)
        self._say(self._home.fixed())
        self._say(self._home.status(time.time()))

    def _say(self, topics):
        """Retained, QoS 0, as openWB does; what has not changed is not sent again unless the home always sends it."""
        if not self._client.is_connected():
            return
        for topic, text in topics.items():
            if self._home.resends(topic) or self._sent.get(topic) != text:
                self._sent[topic] = text
                self._client.publish(f"openWB/{topic}", text, qos=0, retain=True)

    def _obey(self, message):
        if not message.payload:
            return
        if self._home.obey(message.topic, message.payload.decode("utf-8", "replace")):
            self._client.publish(message.topic, b"", qos=0, retain=True)
            self._home.house.step(0)
            self._say(self._home.status(time.time()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", choices=HOMES, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--interval", type=float, default=3.0, metavar="SECONDS")
    options = parser.parse_args()

    simulator = Simulator(HOMES[options.version](options.seed), options.version, options.interval)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, simulator.stop)
    simulator.run(options.host, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
