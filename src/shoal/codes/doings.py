"""Codes of what is done: runs, charts, exports, clusters, the service, the lab, the machine."""

# ruff: noqa: E501 - a sentence stands on a line of its own
from __future__ import annotations

from typing import Final

from shoal.codes.record import gathered

RUNS: Final = gathered(
    "training",
    """
R101 every network diverged
The loss of every network grew beyond all bounds, so there is nothing to show or save.
Give a smaller learning rate, or scale features and targets.
every one of 16 networks diverged. Give a smaller learning_rate_init, or scaled features and targets.

R102 nothing to judge @ monitor
There are no rows with an answer, or the model keeps nothing that they could be held against.
Give rows with their answers, or a model that was trained by shoal on a table.
new.csv: there are no rows to look at. Give rows with their answers, or a model that was trained by shoal on a table.

R103 history of looks @ monitor
The file that keeps the looks of a model cannot be read or written as one.
Name another file, or give --no-history to keep none.
flowers.history.jsonl: is not a file. Name another file, or give --no-history to keep none.

R104 stopped before its end
What was to be trained, replayed or measured could not be brought to its end.
Ask for less, or see the message above.
the run could not be trained. Ask for less, or see the message above.
""",
)

GRAPHICS: Final = gathered(
    "charts",
    """
G101 no such chart
There is no chart of this name.
See: shoal plot --list.
there is no chart 'curve'. Did you mean 'curves'?

G102 a chart of something else
The chart is made of another kind of record than the one that was given.
Give what the chart is made of.
chart 'heatmap': is made of a sweep; got a run. Give what the chart is made of.

G103 option of a chart
The chart does not have this option, or not this value of it.
Leave the option out, or see: shoal plot --help.
chart 'curves': has no option 'truth'; it has figure, log. Leave the option out, or see: shoal plot --help.

G104 nothing to draw
The record holds nothing that this chart could show.
Choose another chart, or keep more of the run.
animate: the run has no steps, so there is nothing to show. Train it.

G105 FFmpeg failed
The program that writes films stopped.
Write a .gif or .html instead.
FFmpeg failed: no reason given. Write a .gif or .html instead.
""",
)

TAKING_OUT: Final = gathered(
    "exports",
    """
T101 a name that the format cannot hold
The language of the format has no way to write a name of a column, a class or a file.
Rename it and train again, or take another format.
export: SQL cannot hold the name 'a'. Rename it and train again, or take another format.

T102 too large for the format
The format has a limit that the model exceeds.
Give --network best, or take another format.
export: 90 networks are too many for one SELECT in SQL, where at most 12 of this size fit. Give --network best.

T103 the format has no way to say this
The format or the library cannot express a part of the model or of the experiment.
Take another format or library.
code: the optimizer oracle is not written for Keras. It is for --to python.

T104 rows that a program cannot read @ code
The program is to read the rows itself, and they are in a form that it cannot read.
Save the rows as a CSV file, or hand over shoal's own rows: --with-data.
code: rows.parquet is a Parquet file, which programs do not read. Save it as CSV, or hand over shoal's own rows: --with-data.

T105 cannot be proved
An export is compared with the model before it is kept, and that could not be done.
Give --no-proof to write it unproved.
export: no test rows keep away from the thresholds of the step units and within finite outputs, so an export could not be proved. Give --no-proof to write it unproved.
""",
)

WORKERS: Final = gathered(
    "clusters",
    """
W101 no address of a cluster
What was given is neither a kind of executor nor the address of a scheduler.
Give processes, threads, or an address such as tls://host:8786.
'host': is no executor and no address of a cluster. Give processes, threads, or an address such as tls://host:8786.

W102 cluster cannot be reached
No scheduler answers at this address, or it has no workers.
Start one with dask scheduler and dask worker, and see that the network lets it through.
tcp://127.0.0.1:8786: has no workers. Start some with: dask worker tcp://127.0.0.1:8786

W103 TLS is required
A scheduler on another machine runs whatever is sent to it, so it must be reached by TLS.
Use a tls:// address with --tls-ca, --tls-cert and --tls-key.
tcp://10.0.0.1:8786: is not on this machine, and a scheduler runs whatever is pickled to it, so TLS is required. Use tls://10.0.0.1:8786 with --tls-ca, --tls-cert and --tls-key.

W104 workers differ
A worker has another version of shoal or another kind of processor, so its results might differ.
Install the same shoal on every host, on CPUs of one family.
worker b has shoal 0.2, the sweep shoal 0.1: results might differ. Install the same shoal on every host, on CPUs of one family.

W105 workers end without a result
Processes that trained were ended from outside, most often because memory ran out.
Give fewer workers, or threads.
the workers ended 3 times without a result, last in cell 4: killed. They may need more memory; give fewer workers, or threads.
""",
)

SERVICE: Final = gathered(
    "serving",
    """
V100 a request cannot be answered
The service cannot answer this request.
See the description of the service at /openapi.json.
the address may only have ?detail=full or plain. See the description of the service at /openapi.json.

V101 the request cannot be read
The body of the request is not what its type says, or the request breaks the rules of HTTP.
Send JSON, CSV or Arrow that is whole.
the body is empty. Send rows, or one row.

V102 a kind of body that is not taken
The service reads and writes JSON, CSV and Arrow only.
Send JSON, CSV or Arrow, with its Content-Type.
the body has a Content-Encoding. Send it as it is.

V103 rows do not fit the model
The rows of the request lack a column, or hold a value that the model cannot take.
Send all columns, with values of their kind.
row 2, column 'x1': 'n/a' is not a number. Send a number.

V104 request too large
The request has more rows or bytes than the service takes at once.
Send it in parts.
20,000,000 rows are more than 1,000,000. Send them in parts.

V105 not a token
The request brought no token, or not the one that the service was started with.
Send the header Authorization: Bearer TOKEN.
the header Authorization is missing. Send the header Authorization: Bearer TOKEN.

V106 not allowed from there
A page of another site, or a name of the host that is not served, must not ask.
Ask from the page of the service itself, or start it with --allow-host NAME.
the header Host names no host that is served here. Ask from the page of the service itself, or start it with --allow-host NAME.

V107 nothing at this address
There is no such model, or no such address of the service.
See the list of models at /models.
there is nothing at this address. See the list of models at /models.

V108 too busy
As many requests as may be are being answered.
Try again a little later.
as many requests as may be are being answered. Try again.

V109 too slow
The request did not come within the time that it may take.
Send it again, in smaller parts.
the body did not come within 30 seconds. Send it again, in smaller parts.

V110 port in use
The service or the lab cannot listen where it was told to.
Give another port, or --port 0 for a free one.
127.0.0.1:8517: is in use. Give another port, or --port 0 for a free one.

V111 the token of the service
The token that requests must bring is too short, or cannot be read.
Give a file with a longer one, or leave it out to have one made.
token.txt: must hold a token of at least 22 letters, digits or . _ ~ + / -; got 5 characters. Give a file with a longer one, or leave it out to have one made.

V112 names of models
Two models have the same name, or a name cannot stand in an address.
Give NAME=FILE.
b/m.safetensors: another model is called 'm' already. Give NAME=FILE.

V113 names of hosts
The name of the host cannot be looked up, or others can reach it and need a name to call it by.
Name the host by --allow-host, or leave --host out to serve this machine alone.
--host 0.0.0.0: others can reach it, so it needs a name. Give --allow-host NAME.
""",
)

LAB: Final = gathered(
    "lab",
    """
L101 too large for the lab
The experiment asks for more than a page can show as it happens.
Ask for less, or use shoal run.
or.toml, population.size: must be at most 64 in the lab; got 1,000. Use shoal run.

L102 link damaged
A link to a session was cut off or changed on its way.
Copy all of the link.
the link: is damaged or cut off. Copy all of it.

L103 not there in this session
The page asks for a run, a pin, a network or a table that the session does not have.
Open the session again.
no session is open. Open one first.

L104 the page is not built
The files of the page are not there, as in a source tree before its first build.
Run: make page
the lab's page is not built: index.html is missing. Run: make page
""",
)

MACHINE: Final = gathered(
    "errors",
    """
Z100 a defect of shoal
Something happened that should never happen.
Please report it with what you did; SHOAL_DEBUG=1 shows where it happened.
this is a defect of shoal, please report it: ZeroDivisionError: by zero. SHOAL_DEBUG=1 shows where it happened.

Z102 not enough memory
The machine has less memory than is asked for.
Ask for fewer networks, rows or reports.
not enough memory. Ask for fewer networks, rows or reports.
""",
)
