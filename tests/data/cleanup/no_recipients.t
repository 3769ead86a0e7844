A message for nobody is refused.
--- begin
sender: a@b.test
--- data
Subject: x

--- end
perm 554 5.1.0 Error: no recipients specified
--- queue
nothing
--- log
QID: removed (canceled)
