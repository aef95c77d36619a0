"""Answers of PyZMQ: a thread that replies, a poller, and frames that are received without a copy."""

import threading

import zmq


def reply(context, address, count):
    with context.socket(zmq.REP) as socket:
        socket.connect(address)
        for _ in range(count):
            socket.send_multipart([b"re", *socket.recv_multipart()])


def answer(seed):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.setsockopt(zmq.RCVTIMEO, 60_000)
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        thread = threading.Thread(target=reply, args=(context, f"tcp://127.0.0.1:{port}", 3))
        thread.start()
        answers = []
        for number in range(3):
            socket.send(b"x" * 70_000 * (number == 2) + str(seed * number).encode())
            poller = zmq.Poller()
            poller.register(socket, zmq.POLLIN)
            ready = len(poller.poll(60_000))
            answers.append((ready, [frame.bytes[-9:] for frame in socket.recv_multipart(copy=False)]))
        thread.join()
    return answers
