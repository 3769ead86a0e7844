# SPDX-License-Identifier: ISC
"""An instance starts, says so, and stops, beside another one."""

import re


def test_start_and_stop(make_instance):
    mail = make_instance()
    mail.wait_log(r"/master\[\d+\]: daemon started -- version \S+, configuration " + re.escape(str(mail.config_dir)))
    pid = mail.master_pid()
    assert pid
    assert mail.command("carteiro", "-c", mail.config_dir, "status", check=False).returncode == 0
    mail.stop()
    assert mail.master_pid() is None
    assert mail.command("carteiro", "-c", mail.config_dir, "status", check=False).returncode == 1
    mail.wait_log("terminating on signal 15")


def test_reload_keeps_the_process(make_instance):
    mail = make_instance()
    pid = mail.master_pid()
    mail.reload()
    mail.wait_log(r"/master\[\d+\]: reload -- version")
    assert mail.master_pid() == pid


def test_two_side_by_side(make_instance):
    one, two = make_instance(), make_instance()
    assert one.master_pid() and two.master_pid() and one.master_pid() != two.master_pid()
    one.stop()
    assert two.master_pid()


def test_second_start_is_refused(make_instance):
    mail = make_instance()
    pid = mail.master_pid()
    done = mail.command("carteiro", "-c", mail.config_dir, "start", check=False)
    assert done.returncode == 1
    assert mail.master_pid() == pid
