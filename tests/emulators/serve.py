"""Serves one emulator on a free port of 127.0.0.1: `serve.py moto` or `serve.py ministack`.

The first line on stdout tells its endpoint, as JSON. Everything in it is in memory, and gone with it.
"""

import asyncio
import json
import os
import socket
import sys
import threading

ACCOUNT = "123456789012"
REGION = "eu-central-1"


def announce(port):
    print(json.dumps({"endpoint": f"http://127.0.0.1:{port}"}), flush=True)


def moto():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    announce(server.get_host_and_port()[1])
    threading.Event().wait()


def ministack():
    # The socket is bound before ministack is told its port: nobody can take the port in between.
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    port = listener.getsockname()[1]
    os.environ |= {
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "ERROR",
    }
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "ERROR"
    announce(port)
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    {"moto": moto, "ministack": ministack}[sys.argv[1]]()
