# Copyright (c) 2026, the vigie.run authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action tls_authority, which runs on the controller itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_authority
short_description: A small private certificate authority on the controller, with everything that it issues
version_added: 0.1.0
author: [the vigie.run authors (@vigie-run)]
description:
  - Keeps a private certificate authority in a folder of the controller and issues all certificates that are asked for in one
    task. What is there and still good stays as it is; a certificate is made anew when it is about to expire, when its names
    or its usage changed, or when another authority signs by then.
  - The authority itself is renewed, too, without a moment in which somebody is not trusted. The next authority is made
    O(ca_renew_before) the end of the old one, and from then on RV(bundle) holds both. It signs as soon as O(installed) has
    told of everybody who has a certificate that they trust it, or when the old one has no time left for another certificate.
    The old one leaves the bundle when nothing that it signed is in use any more.
  - It works on the controller alone and touches no host. Give it C(run_once=true).
  - Two runs at once take turns, and one that is killed leaves what was there or what is new, never a half.
notes:
  - Run it more often than every O(renew_before). Nothing renews a certificate while nobody runs it.
  - Whoever can read the folder can sign certificates. It is made for its owner only, and rights of others are taken away; keep
    a backup, and use O(passphrase) where others may read that.
  - Keys are of the curve P-256, signatures SHA-256. A certificate begins one hour before it is made, for clocks that are slow.
extends_documentation_fragment: [vigie.run._attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Names and dates are shown, keys never.
  idempotent:
    support: full
options:
  dir:
    description:
      - Folder on the controller; a relative one is beside the playbook.
      - It holds C(ca.pem), the authorities to trust; C(certs/NAME.pem), each certificate with its key; C(authorities/), whose
        keys sign; and C(ledger.json), what may be in use. Nothing but this module writes there.
    type: str
    required: true
  passphrase:
    description:
      - Passphrase of the authority's key. A key that was kept without one is encrypted when it is first given.
      - Keys of certificates are not encrypted, because services have to read them.
    type: str
    default: ''
  certificates:
    description: Certificates to issue. Others in the folder are left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of its file, and its common name. Letters, digits, C(.), C(_) and C(-).
        type: str
        required: true
      dns:
        description: DNS names that it is for.
        type: list
        elements: str
        default: []
      ip:
        description: Addresses that it is for.
        type: list
        elements: str
        default: []
      usage:
        description: What may be done with it.
        type: str
        choices: [server, client, both]
        default: both
  installed:
    description:
      - What is installed where the certificates are used, as an earlier call returned it. Tell it when the service there has
        taken it in; those not told of yet are in RV(pending).
      - Without it an authority is kept until everything that it signed has expired.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of a certificate.
        type: str
        required: true
      certificate:
        description: Its fingerprint.
        type: str
        required: true
      authorities:
        description: Fingerprints of the authorities that are trusted there.
        type: list
        elements: str
        required: true
  lifetime:
    description: How long certificates last, such as V(365d), V(12h) or V(52w). Never longer than their authority.
    type: str
    default: 365d
  renew_before:
    description: How long before their end they are made anew.
    type: str
    default: 120d
  ca_name:
    description: Beginning of the authority's name.
    type: str
    default: Private authority
  ca_lifetime:
    description: How long an authority lasts.
    type: str
    default: 3650d
  ca_renew_before:
    description: How long before its end the next one is made.
    type: str
    default: 730d
"""

EXAMPLES = r"""
- name: Issue a certificate for each server
  vigie.run.tls_authority:
    dir: "{{ inventory_dir }}/secrets/tls"
    certificates:
      - name: search-a1
        dns: [search-a1.example.org, search.example.org]
        ip: [10.0.0.11]
        usage: server
      - name: search-client
        dns: [search-client]
        usage: client
  run_once: true
  register: tls

- name: Hand out whom to trust
  ansible.builtin.copy:
    src: "{{ tls.bundle }}"
    dest: /etc/search/ca.pem
    mode: "0644"

- name: Hand out the certificate with its key
  ansible.builtin.copy:
    src: "{{ tls.certificates[inventory_hostname].path }}"
    dest: /etc/search/tls.pem
    owner: root
    group: search
    mode: "0640"
  no_log: true
  notify: Reload search

- name: Reload before it is said that all is there
  ansible.builtin.meta: flush_handlers

- name: Tell what is installed
  vigie.run.tls_authority:
    dir: "{{ inventory_dir }}/secrets/tls"
    installed:
      - name: "{{ inventory_hostname }}"
        certificate: "{{ tls.certificates[inventory_hostname].fingerprint }}"
        authorities: "{{ tls.authorities | map(attribute='fingerprint') }}"
  when: inventory_hostname in tls.pending
"""

RETURN = r"""
bundle:
  description: Path on the controller of the authorities to trust, the newest first.
  returned: success
  type: str
  sample: /home/ops/inventory/secrets/tls/ca.pem
authorities:
  description: The authorities in the bundle, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    fingerprint:
      description: SHA-256 of the certificate, in hexadecimal digits.
      type: str
    ends:
      description: When it ends.
      type: str
    signs:
      description: Whether it signs new certificates.
      type: bool
  sample: [{fingerprint: 54f6…, ends: "2036-11-19T16:00:00+00:00", signs: true}]
certificates:
  description: Under its name each certificate that was asked for. In check mode those that would be made first are missing.
  returned: success
  type: dict
  contains:
    path:
      description: Path on the controller of the certificate with its key.
      type: str
    fingerprint:
      description: SHA-256 of the certificate, in hexadecimal digits.
      type: str
    ends:
      description: When it ends.
      type: str
    renewed:
      description: Whether it was made now, or would be in check mode.
      type: bool
  sample: {search-a1: {path: /…/certs/search-a1.pem, fingerprint: 9be1…, ends: "2027-11-22T16:00:00+00:00", renewed: false}}
pending:
  description: Names asked for of which O(installed) has not told yet that they have what the folder holds.
  returned: success
  type: list
  elements: str
  sample: [search-a1]
"""
