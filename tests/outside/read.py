"""Reads credentials as a stranger would: sd-jwt over jwcrypto, and the status list by its specification.

Input: {"issuer", "now", "keys", "lists": {uri: token}, "cases": {name: credential}}; output: {name: verdict}.
"""
import base64
import json
import sys
import zlib

from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.verifier import SDJWTVerifier

given = json.load(sys.stdin)
keys = {key["kid"]: JWK(**key) for key in given["keys"]["keys"]}


def key_of(issuer, header):
    if issuer != given["issuer"]:
        raise ValueError("another issuer")
    if header.get("typ") != "dc+sd-jwt" or header.get("alg") != "ES256":
        raise ValueError("another typ or alg")
    return keys[header["kid"]]


def is_revoked(status):
    token = JWS()
    token.deserialize(given["lists"][status["uri"]])
    header = token.jose_header
    if header["typ"] != "statuslist+jwt":
        raise ValueError("another typ")
    token.verify(keys[header["kid"]])
    told = json.loads(token.payload)
    if told["sub"] != status["uri"] or told["exp"] <= given["now"]:
        raise ValueError("another list, or an old one")
    packed = told["status_list"]["lst"]
    bits = zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    if told["status_list"]["bits"] != 1:
        raise ValueError("another width")
    return bool(bits[status["idx"] // 8] >> (status["idx"] % 8) & 1)


def read(credential):
    try:
        payload = SDJWTVerifier(credential, key_of).get_verified_payload()
        if payload["exp"] <= given["now"]:
            raise ValueError("expired")
        if is_revoked(payload["status"]["status_list"]):
            raise ValueError("revoked")
        return {"accepted": True, "payload": payload}
    except Exception as error:  # whatever a library raises is a refusal
        return {"accepted": False, "why": f"{type(error).__name__}: {error}"}


print(json.dumps({name: read(credential) for name, credential in given["cases"].items()}))
