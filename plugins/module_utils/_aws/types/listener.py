# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""A listener: the port of a load balancer, and what happens to what arrives there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.fields import flag, group, many, number, text
from ..._converge.provider import UNKNOWN, Desired, Live, Reading
from ..._converge.shape import to_api
from ..actions import actions_field, actions_from_api, actions_to_api, problems
from ..elbv2 import ElbType, attributes_field, between
from ..errors import is_absent
from ..tags import TAGS

ENCRYPTED = ("HTTPS", "TLS")
# What ModifyListener takes besides actions and certificates.
SETTINGS = ("port", "protocol", "ssl_policy", "alpn_policy", "mutual_authentication")
RESPONSE_HEADERS = (
    "access_control_allow_credentials",
    "access_control_allow_headers",
    "access_control_allow_methods",
    "access_control_allow_origin",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "strict_transport_security",
    "x_content_type_options",
    "x_frame_options",
)
FROM_TLS = (
    "mtls_clientcert",
    "mtls_clientcert_issuer",
    "mtls_clientcert_leaf",
    "mtls_clientcert_serial_number",
    "mtls_clientcert_subject",
    "mtls_clientcert_validity",
    "tls_cipher_suite",
    "tls_version",
)


def _one_order(certificates: Any) -> Any:
    """The first certificate is the default; among the others order means nothing."""
    arns = [str(each.get("certificate_arn")) for each in certificates]
    return arns[:1] + sorted(arns[1:])


class Listener(ElbType):
    """API: CreateListener, ModifyListener, AddListenerCertificates."""

    name = "listener"
    noun = "Listener"
    parents = ("load_balancer",)
    uses = ("target_group", "certificate")
    unique = ("load_balancer_arn", "port")
    later = ("attributes", "default_actions", "certificates")
    fields = {
        "load_balancer_arn": text(
            "The load balancer it is part of.", required=True, immutable=True
        ),
        "port": number(
            "The port it listens on.", required=True, check=between(1, 65535)
        ),
        "protocol": text(
            "What clients speak.",
            required=True,
            choices=(
                *("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
            ),
        ),
        "default_actions": actions_field(
            "What happens to a request that no rule matches. A weight that is left out"
            " is left alone, so that deployments can shift it."
        ),
        "certificates": many(
            group(
                {"certificate_arn": text("A certificate.", required=True)},
                "A certificate.",
            ),
            "Of HTTPS and TLS. The first is the default; the others are chosen by the"
            " name that a client asks for.",
            normal=_one_order,
        ),
        "ssl_policy": text(
            "Which protocols and ciphers are spoken, such as"
            " `ELBSecurityPolicy-TLS13-1-2-2021-06`."
        ),
        "alpn_policy": many(
            text(
                "A policy.",
                choices=(
                    *("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"),
                    "None",
                ),
            ),
            "Of TLS: which version of HTTP is agreed upon.",
        ),
        "mutual_authentication": group(
            {
                "mode": text(
                    "What becomes of client certificates.",
                    choices=("off", "passthrough", "verify"),
                ),
                "trust_store_arn": text("Who vouches for them."),
                "ignore_client_certificate_expiry": flag("Take expired ones too."),
                "advertise_trust_store_ca_names": text(
                    "Tell clients who may vouch.", choices=("on", "off")
                ),
            },
            "Of HTTPS: whether clients show a certificate.",
        ),
        "attributes": attributes_field(
            "What can be set besides, under AWS's own keys, such as"
            " `routing.http.response.server.enabled`. Those that are not named are left"
            " alone.",
            flags=("routing.http.response.server.enabled",),
            numbers=("tcp.idle_timeout.seconds",),
            texts=(
                *(f"routing.http.response.{h}.header_value" for h in RESPONSE_HEADERS),
                *(f"routing.http.request.x_amzn_{h}.header_name" for h in FROM_TLS),
            ),
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its ARN.", "arn": "Its ARN."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """Actions that make sense; certificates where there is encryption."""
        said = list(problems("default_actions", properties.get("default_actions")))
        protocol = properties.get("protocol")
        certificates = properties.get("certificates")
        if protocol in ENCRYPTED and not certificates and certificates is not UNKNOWN:
            said.append(f"certificates: {protocol} needs at least one; name its ARN")
        if protocol not in (*ENCRYPTED, UNKNOWN) and certificates:
            said.append(f"certificates: {protocol} takes none; HTTPS and TLS do")
        return said

    def listed(self, reading: Reading) -> Iterable[Mapping[str, Any]]:
        """One call for each load balancer: AWS lists them in no other way."""
        arns = {live.id for live in reading.parents.get("load_balancer", ())}
        declared = (d.properties.get("load_balancer_arn") for d in reading.desired)
        arns.update(arn for arn in declared if isinstance(arn, str))
        for arn in sorted(arns):
            try:
                yield from self.described(LoadBalancerArn=arn)
            except Exception as error:
                # A load balancer that does not exist has no listeners.
                if not is_absent(error):
                    raise

    def properties(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Its actions in both spellings; only its default certificate is there."""
        actions = actions_from_api(raw.get("DefaultActions") or ())
        return {**super().properties(raw), "default_actions": actions}

    def complete(self, live: Live, declared: Mapping[str, Any]) -> Live:
        """With its other certificates too, where certificates are declared."""
        live = super().complete(live, declared)
        if declared.get("certificates") is None:
            return live
        default, others = self._certificates(live.id)
        certificates = [{"certificate_arn": arn} for arn in (*default, *others)]
        properties = {**live.properties, "certificates": certificates}
        return replace(live, properties=properties)

    def _certificates(self, arn: str) -> tuple[list[str], list[str]]:
        """The default one, and the others."""
        raw = self.described(ListenerArns=[arn])[0].get("Certificates") or ()
        default = [each["CertificateArn"] for each in raw][:1]
        found = self.aws.pages(
            "elbv2", "describe_listener_certificates", "Certificates", ListenerArn=arn
        )
        arns = dict.fromkeys(each["CertificateArn"] for each in found)
        return default, [each for each in arns if each not in default]

    def make(self, desired: Desired) -> Live:
        """Create it, then what a creation does not take."""
        want = desired.properties
        arns = _arns(want)
        given = self.parameters(desired)
        if arns:
            given["Certificates"] = [{"CertificateArn": arns[0]}]
        actions = actions_to_api(want["default_actions"])
        raw = self.created(desired, **given, DefaultActions=actions)
        arn = raw["ListenerArn"]
        if arns[1:]:
            self._add(arn, arns[1:])
        if want.get("attributes"):
            self.set_attributes(arn, want["attributes"])
        return self.complete(self.lives([raw])[0], want)

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """One ModifyListener; certificates before and after it.

        A new certificate is there before the default moves, an old one goes last, so
        that no name is without a certificate for a moment.
        """
        want, arns = desired.properties, _arns(desired.properties)
        parameters = self._modification(live.id, want, changed)
        if "certificates" in changed and arns:
            default, others = self._certificates(live.id)
            missing = [arn for arn in arns[1:] if arn not in others]
            if missing:
                self._add(live.id, missing)
            if default != arns[:1]:
                parameters["Certificates"] = [{"CertificateArn": arns[0]}]
        if parameters:
            self.client.modify_listener(ListenerArn=live.id, **parameters)
        if "certificates" in changed and arns:
            _default, others = self._certificates(live.id)
            surplus = [{"CertificateArn": a} for a in others if a not in arns]
            if surplus:
                self.client.remove_listener_certificates(
                    ListenerArn=live.id, Certificates=surplus
                )
        if "attributes" in changed and want["attributes"]:
            self.set_attributes(live.id, want["attributes"])

    def _modification(
        self, arn: str, want: Mapping[str, Any], changed: frozenset[str]
    ) -> dict[str, Any]:
        # Another protocol comes with all of its settings.
        names = SETTINGS if "protocol" in changed else changed & set(SETTINGS)
        settings = {name: want.get(name) for name in names}
        parameters = to_api(self.fields, settings)
        if "default_actions" in changed:
            # As they are now, not as they were planned: weights move.
            now = self.described(ListenerArns=[arn])[0].get("DefaultActions") or ()
            parameters["DefaultActions"] = actions_to_api(want["default_actions"], now)
        return parameters

    def _add(self, arn: str, certificates: Sequence[str]) -> None:
        entries = [{"CertificateArn": each} for each in certificates]
        self.settled(
            lambda: self.client.add_listener_certificates(
                ListenerArn=arn, Certificates=entries
            )
        )


def _arns(properties: Mapping[str, Any]) -> list[str]:
    declared = properties.get("certificates") or ()
    return list(dict.fromkeys(each["certificate_arn"] for each in declared))


TYPE = Listener
