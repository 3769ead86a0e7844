# SPDX-License-Identifier: ISC
"""The lines of one message, written by five processes, stand in the order of its way: log tools count on it."""

import re

MESSAGES = 60
STEPS = [r"client=", r"message-id=", r"from=<.*\(queue active\)", r"to=<.*status=sent", r"removed$"]


def steps_of(log, queue_id):
    """The numbers of the steps in the order in which the log has them."""
    lines = [line.partition(f": {queue_id}: ")[2] for line in log.splitlines() if f": {queue_id}: " in line]
    return [number for line in lines for number, step in enumerate(STEPS) if re.match(step, line)]


def test_lines_of_a_message_are_in_order(make_instance):
    mail = make_instance(main={"relay_domains": "example.test", "relay_transport": "discard"})
    ids = []
    with mail.smtp() as c:
        c.ehlo()
        for number in range(MESSAGES):
            answer = c.mail("a@x.test", ["b@example.test"], f"Subject: {number}\n\nhello\n".encode())
            ids.append(re.search(r"queued as (\w+)", str(answer)).group(1))
    for queue_id in ids:
        mail.wait_log(rf"{queue_id}: removed")
    log = mail.log()
    assert {queue_id: steps_of(log, queue_id) for queue_id in ids} == {queue_id: list(range(len(STEPS))) for queue_id in ids}
