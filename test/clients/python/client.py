"""A proxyless gRPC client: commands on stdin, answers on stdout; see ../README.md.

python3 client.py <target>
"""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf.wrappers_pb2 import StringValue

channel = grpc.insecure_channel(sys.argv[1])
methods = {
    name: channel.unary_unary(
        f"/serin.test.Echo/{name}",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )
    for name in ("Say", "Shout")
}


def say(command, user):
    """One call: who asked, the version, and the name of the status where it failed."""
    metadata = list(command.get("headers", {}).items())
    if "users" in command:
        metadata.append((command["users"]["header"], str(user)))
    request = StringValue(value=json.dumps(command.get("request", {})))
    call = methods[command["method"]]
    try:
        reply = call(request, timeout=command["deadlineMs"] / 1000, metadata=metadata)
        return user, json.loads(reply.value)["version"], None
    except grpc.RpcError as error:
        return user, None, error.code().name


def run(command):
    users = command.get("users", {"from": 0, "to": command.get("calls", 0)})
    with ThreadPoolExecutor(command["parallel"]) as pool:
        asked = range(users["from"], users["to"])
        results = list(pool.map(lambda user: say(command, user), asked))
    return {
        "counts": Counter(version for _, version, error in results if error is None),
        "errors": Counter(error for _, _, error in results if error is not None),
        "byUser": {
            str(user): version
            for user, version, error in results
            if "users" in command and error is None
        },
    }


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
channel.close()
