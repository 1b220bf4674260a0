# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is private to the collection: its interface may change at any time.
"""An SNS topic and who is told through it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._converge.conform import plain
from ..._converge.fields import document, flag, group, many, number, text
from ..._converge.provider import Desired, Live, Reading
from ..._converge.shape import api_name, to_api
from ..indexed import IndexedType
from ..policies import normal_policy
from ..tags import TAGS, pairs, read_tags

SUBSCRIPTION = {
    "protocol": text(
        "How it is told.",
        required=True,
        choices=(
            "email",
            "email-json",
            "http",
            "https",
            "sms",
            "sqs",
            "lambda",
            "application",
            "firehose",
        ),
    ),
    "endpoint": text("Who is told: an address or an ARN.", required=True),
    "raw_message_delivery": flag("Without the envelope that SNS puts around it."),
    "filter_policy": document("Only messages that this fits."),
    "filter_policy_scope": text(
        "What the filter looks at.", choices=("MessageAttributes", "MessageBody")
    ),
    "redrive_policy": document("Where messages go that cannot be delivered."),
    "delivery_policy": document("How often delivery is tried again."),
    "subscription_role_arn": text("The role that writes to a delivery stream."),
}
# What names a subscription; the rest are its attributes.
KEY = ("protocol", "endpoint")
ATTRIBUTES = {name: item for name, item in SUBSCRIPTION.items() if name not in KEY}


def _check_name(name: str) -> str | None:
    if re.fullmatch(r"[\w-]{1,256}|[\w-]{1,251}\.fifo", name, re.ASCII):
        return None
    return (
        "takes 1 to 256 of a-z, A-Z, 0-9, - and _; .fifo at the end of a FIFO topic's"
    )


# Kept as attributes of the topic, all of them as text.
TOPIC = {
    "fifo_topic": flag(
        "In order and only once; its name ends in .fifo.", immutable=True
    ),
    "content_based_deduplication": flag("FIFO: messages of one content are one."),
    "display_name": text("The sender's name in mails and messages."),
    "policy": document("Who may publish and subscribe.", normal=normal_policy),
    "delivery_policy": document("How often delivery over HTTP is tried again."),
    "kms_master_key_id": text("The key that encrypts messages at rest."),
    "tracing_config": text("X-Ray.", choices=("PassThrough", "Active")),
    "signature_version": number("Of the signature on messages.", choices=(1, 2)),
}


# What SNS does not say of a topic where it is so.
UNSAID = {
    "fifo_topic": False,
    "content_based_deduplication": False,
    "tracing_config": "PassThrough",
    "signature_version": 1,
}


class SnsTopic(IndexedType):
    """API: CreateTopic, SetTopicAttributes, Subscribe, Unsubscribe."""

    name = "sns_topic"
    service = "sns"
    indexed = "sns"
    unique = ("name",)
    fields = {
        "name": text(
            "Its name in the region.", required=True, immutable=True, check=_check_name
        ),
        **TOPIC,
        "subscriptions": many(
            group(SUBSCRIPTION, "One subscription."),
            "Who is told: all of them. One that waits for its confirmation counts as"
            " there; one that is no longer wanted and never was confirmed is left to"
            " expire, as AWS offers no way to end it.",
            order="set",
        ),
        "tags": TAGS,
    }
    attributes = {"id": "Its ARN.", "arn": "Its ARN."}

    def check(self, properties: Mapping[str, Any]) -> Sequence[str]:
        """A FIFO topic is told by its name."""
        name, fifo = properties.get("name"), properties.get("fifo_topic")
        told = isinstance(name, str) and isinstance(fifo, bool)
        if told and name.endswith(".fifo") != fifo:
            return ["name and fifo_topic: a FIFO topic's name ends in .fifo"]
        return ()

    def find(self, reading: Reading) -> Iterable[Live]:
        """Topics; their attributes and subscriptions where somebody declared any."""
        declared = {d.resource: d.properties for d in reading.desired}
        subscribed = any("subscriptions" in given for given in declared.values())
        everybody = self._subscriptions() if subscribed else {}
        for live in super().find(reading):
            wanted = declared.get(live.resource or "", {})
            yield self._complete(live, wanted, everybody.get(live.id, ()))

    def described(self, names: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        """ListTopics: there is no call for several topics by name."""
        if not names:
            return
        for raw in self.aws.pages("sns", "list_topics", "Topics"):
            if raw["TopicArn"].rpartition(":")[2] in names:
                yield raw

    def arn(self, raw: Mapping[str, Any]) -> str:
        """All that ListTopics tells."""
        return raw["TopicArn"]

    def properties(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its name; the rest takes calls of its own."""
        return {"name": raw["TopicArn"].rpartition(":")[2]}

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """ListTagsForResource."""
        client = self.aws.client("sns")
        return read_tags(client.list_tags_for_resource(ResourceArn=arn)["Tags"])

    def make(self, desired: Desired) -> Live:
        """Create it with attributes and tags, then subscribe."""
        given = desired.properties
        attributes = _as_text(TOPIC, given)
        if not given.get("fifo_topic"):
            # AWS takes this attribute only where it is true.
            attributes.pop("FifoTopic", None)
        answer = self.aws.client("sns").create_topic(
            Name=given["name"],
            Attributes=attributes,
            Tags=pairs(self.aws.marks(desired)),
        )
        live = self.named(given["name"])
        for each in given.get("subscriptions") or ():
            self._subscribe(answer["TopicArn"], each)
        return replace(live, properties={**live.properties, **given})

    def fetch(self, live: Live) -> Live:
        """With everything that can be read of it."""
        now = super().fetch(live)
        return self._complete(
            now, dict.fromkeys(self.fields, ()), self._subscriptions().get(live.id, ())
        )

    def change(self, live: Live, desired: Desired, changed: frozenset[str]) -> None:
        """Attributes one a call; subscriptions by what differs."""
        client = self.aws.client("sns")
        for name in sorted(changed & TOPIC.keys()):
            value = _as_text(TOPIC, {name: desired.properties.get(name)})
            client.set_topic_attributes(
                TopicArn=live.id,
                AttributeName=api_name(name, TOPIC[name]),
                AttributeValue=next(iter(value.values()), ""),
            )
        if "subscriptions" in changed:
            self._change_subscriptions(live, desired.properties["subscriptions"] or ())

    def remove(self, live: Live) -> None:
        """DeleteTopic; its subscriptions go with it."""
        self.aws.client("sns").delete_topic(TopicArn=live.id)

    def retag(
        self, live: Live, wanted: Mapping[str, str], unwanted: Sequence[str]
    ) -> None:
        """TagResource, UntagResource."""
        client = self.aws.client("sns")
        if wanted:
            client.tag_resource(ResourceArn=live.id, Tags=pairs(wanted))
        if unwanted:
            client.untag_resource(ResourceArn=live.id, TagKeys=list(unwanted))

    # -- reading ----------------------------------------------------------------

    def _complete(
        self, live: Live, wanted: Mapping[str, Any], told: Sequence[Mapping[str, Any]]
    ) -> Live:
        properties = dict(live.properties)
        if wanted.keys() & TOPIC.keys():
            answer = self.aws.client("sns").get_topic_attributes(TopicArn=live.id)
            properties.update(UNSAID, **_from_text(TOPIC, answer["Attributes"]))
        if "subscriptions" in wanted:
            properties["subscriptions"] = [
                self._subscription(each, wanted["subscriptions"] or ()) for each in told
            ]
        return replace(live, properties=properties, raw=list(told))

    def _subscriptions(self) -> dict[str, list[Mapping[str, Any]]]:
        """Everybody's, by topic: the same few pages however many topics there are."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for each in self.aws.pages("sns", "list_subscriptions", "Subscriptions"):
            if each["SubscriptionArn"] != "Deleted":
                found.setdefault(each["TopicArn"], []).append(each)
        return found

    def _subscription(
        self, raw: Mapping[str, Any], declared: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """One as it lives; its attributes where somebody declared some."""
        shown = {"protocol": raw["Protocol"], "endpoint": raw["Endpoint"]}
        same = [each for each in declared if _key(each) == _key(shown)]
        if not any(each.keys() & ATTRIBUTES.keys() for each in same):
            return shown
        if not _confirmed(raw):
            # They were sent with the request and cannot be read before it is
            # confirmed.
            return dict(same[0])
        answer = self.aws.client("sns").get_subscription_attributes(
            SubscriptionArn=raw["SubscriptionArn"]
        )
        return {**shown, **_from_text(ATTRIBUTES, answer["Attributes"])}

    # -- changing ---------------------------------------------------------------

    def _change_subscriptions(
        self, live: Live, wanted: Sequence[Mapping[str, Any]]
    ) -> None:
        client = self.aws.client("sns")
        known = {(raw["Protocol"], raw["Endpoint"]): raw for raw in live.raw}
        for each in wanted:
            raw = known.pop(_key(each), None)
            if raw is None:
                self._subscribe(live.id, each)
            elif _confirmed(raw):
                self._set_attributes(raw["SubscriptionArn"], each)
        for raw in known.values():
            if _confirmed(raw):
                client.unsubscribe(SubscriptionArn=raw["SubscriptionArn"])

    def _subscribe(self, topic: str, wanted: Mapping[str, Any]) -> None:
        self.aws.client("sns").subscribe(
            TopicArn=topic,
            Protocol=wanted["protocol"],
            Endpoint=wanted["endpoint"],
            Attributes=_as_text(ATTRIBUTES, wanted),
            ReturnSubscriptionArn=True,
        )

    def _set_attributes(self, arn: str, wanted: Mapping[str, Any]) -> None:
        client = self.aws.client("sns")
        answer = client.get_subscription_attributes(SubscriptionArn=arn)
        present = _from_text(ATTRIBUTES, answer["Attributes"])
        for name in wanted.keys() & ATTRIBUTES.keys():
            if wanted[name] != present.get(name):
                value = _as_text(ATTRIBUTES, {name: wanted[name]})
                client.set_subscription_attributes(
                    SubscriptionArn=arn,
                    AttributeName=api_name(name, ATTRIBUTES[name]),
                    AttributeValue=next(iter(value.values()), ""),
                )


def _key(subscription: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(subscription[name] for name in KEY)


def _confirmed(raw: Mapping[str, Any]) -> bool:
    return raw["SubscriptionArn"].startswith("arn:")


def _as_text(fields: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """Attributes as SNS takes them: every value a text."""
    own = {name: value for name, value in given.items() if name in fields}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in to_api(fields, own).items()
    }


def _from_text(fields: Mapping[str, Any], raw: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: plain(item, raw[api_name(name, item)])
        for name, item in fields.items()
        if raw.get(api_name(name, item)) not in (None, "")
    }


TYPE = SnsTopic
