"""Codes of what is asked for: arguments, usage, experiment documents, the user's own functions."""

# ruff: noqa: E501 - a sentence stands on a line of its own
from __future__ import annotations

from typing import Final

from shoal.codes.record import gathered

ARGUMENTS: Final = gathered(
    "errors",
    """
A100 argument not as required
A value that was handed over does not meet the requirement that the message names.
Give a value that does.
Network.forward: `masks` must have an entry for each layer; got 3 entries. Give a value that does.

A101 wrong kind of value
A value is of another kind than the one required, such as text where a number belongs.
Give a value of that kind.
Run.tape: `step` must be a whole number; got 'last'. Give a value of that kind.

A102 value out of bounds
A number lies outside of the bounds that the message names.
Give a value within the bounds.
Threshold: `at` must be from 0 to 1; got 1.5. Give a value within the bounds.

A103 unknown name
A name is none of those that are known there.
Choose one of the names that are known.
Run.final: `figure` must be one of loss, accuracy; got 'acuracy'. Did you mean 'accuracy'?

A104 wrong shape
An array has another shape, or a list another length, than what it goes with.
Give as many as that.
fit: `y` must have shape (150, 1); got (149, 1). Give as many as that.

A105 not finite
Numbers hold NaN or infinity, or grow beyond what can be computed with.
Take these numbers out, or fill the gaps first.
fit: `y` must be finite; got NaN or infinity. Take these numbers out, or fill the gaps first.

A106 nothing given
A list, an array or a selection is empty, or weighs nothing.
Give at least one.
evaluate: `x` must have at least one row; got 0. Give at least one.

A107 arguments that exclude each other
Two arguments were given of which one is needed, or neither of them.
Give one of the two.
shoal.trace: `row` must be given, or `point`; got both. Give one of the two.

A108 does not fit the model
What was handed over was made for another network, model or run.
Give what belongs to it.
Model: `network` must have 3 outputs, as the schema has classes; got 2. Give what belongs to it.

A109 targets of another kind
Answers are not of the kind that the loss or the model is for, such as classes for a regression.
Give the answers in that form, or choose another kind of model.
evaluate: `y` must be 0 or 1; got 2. Give the answers in that form, or choose another kind of model.

A110 named twice
A name stands there twice where each must differ.
Name each one once.
compare: `names` must differ; got 'adam' twice. Name each one once.

A111 cannot be done with this
The combination is sound in itself, but has no meaning or is not supported.
Leave one of the two out.
Model.predict_proba: the model predicts numbers, which have no probabilities. Use predict.
""",
)

USAGE: Final = gathered(
    "command_line",
    """
U100 wrong usage
The words after `shoal` cannot be understood.
See: shoal --help.
got unexpected words. See: shoal --help.

U101 no such command
The first word after `shoal` is none of its commands.
See: shoal --help.
no such command 'rum'. Did you mean 'run', 'resume'? See: shoal --help.

U102 no such option
The command does not have this option.
See the help of the command.
--sed: there is no such option. Did you mean '--seed'? See: shoal run --help.

U103 wrong value of an option
The value of an option is not one that it can have.
Give one of the values that the message names.
--threads: must be a whole number from 1 to 1024; got 0. See: shoal run --help.

U104 something is missing
An argument or an option that the command cannot do without was not given.
Give it.
FILE: is missing. See: shoal run --help.

U105 an option with or without its value
An option that needs a value came without one, or the other way round.
Write --option VALUE, or --option alone for a switch.
--seed: requires an argument. See: shoal --help.

U106 a word too many
The command takes fewer arguments than were given.
Leave the last ones out, or put a text with spaces in quotes.
got unexpected extra argument(s) (all). See: shoal tasks --help.

U107 options that do not go together
Two options exclude each other, or one needs another that was not given.
Leave one out, or give the other too.
--at-most: is for --until. Without it --pairs says how many there are.

U108 not a change
A word after the file is not of the form key=value, or its key cannot be changed there.
Write key=value, such as training.epochs=20.
'epochs 20': is not a change. Write key=value, such as training.epochs=20.

U109 another kind of thing
The command is for another kind of file or stored run than the one that was named.
Give what the message names.
best.safetensors: is a model, which holds no training. Give an experiment or a stored run.

U110 nothing of this name to tell of
There is no code, command or lesson of this name.
See: shoal help, shoal lessons list.
'D999': there is no such code or command. See: shoal help.
""",
)

EXPERIMENTS: Final = gathered(
    "training",
    """
X100 wrong in an experiment
An experiment says something that cannot be carried out.
Change this key.
or.toml, training.epochs: more than 2^53 steps. Ask for fewer.

X101 unknown key
The experiment has a key that means nothing there, often by a slip of the pen.
See the keys and what they mean: shoal schema.
or.toml, training.optimiser: unknown key. Did you mean 'optimizer'?

X102 value of the wrong kind
A key has text where a number belongs, a number where a list belongs, or the like.
Give a value of that kind.
or.toml, training.epochs: must be a whole number of 1 or more; got 'ten'. Give a value of that kind.

X103 value out of bounds
A number in the experiment lies outside of what its key can have.
Give a value within the bounds.
or.toml, training.epochs: must be a whole number of 1 or more; got -1. Give a value within the bounds.

X104 unknown name
A key names a task, an optimizer, a loss or the like that shoal does not have.
Choose one of the names that are known: shoal schema lists them.
or.toml, training.optimizer: unknown optimizer 'adma'. Did you mean 'adam'?

X105 missing key
A key that the experiment cannot do without is not there.
Add it to the experiment.
or.toml, network: is missing. Add it to the experiment.

X106 cannot be read as TOML or JSON
The text of the experiment breaks the rules of its format.
Mend this place; shoal new writes a file to start from.
or.toml, line 3: is not TOML: invalid value. Mend this place; shoal new writes a file to start from.

X107 keys that contradict each other
Two settings exclude each other, such as an optimizer without a learning rate and a schedule for it.
Leave one of the two out.
or.toml, training.schedule: changes a learning rate, and lbfgs has none. Leave it out.

X108 does not fit the data
The network, the loss or a class that the experiment names does not go with its data.
Make the two agree.
or.toml, network.inputs: must give 2 features, as the data has (input1, input2); got 3. Make the two agree.

X109 too large
The experiment asks for more networks, rows, steps or reports than a run may have.
Ask for fewer.
or.toml, training.report_every: 2,000,000 reports of 16 networks are more than 1,000,000. Give a larger number of steps, or "end".

X110 not an experiment
The file is of another kind, or the rows of the experiment cannot be found again.
Give a file in TOML or JSON; shoal new writes one.
best.safetensors: is a model, not an experiment. Give a file in TOML or JSON; shoal new writes one.

X111 values of a sweep @ sweeps
The table [sweep] gives a key values that it cannot take.
Give a list, a range or a rule, as the page on sweeps says.
rates.toml, sweep.training.optimizer.learning_rate: is an empty list. Give at least one value.

X112 arithmetic of a sweep @ sweeps
A rule of the table [sweep] is no arithmetic of numbers, or names what it does not have.
Use numbers, the names of swept keys, brackets and + - * / // **.
'size +' is not arithmetic. Use numbers, the names of swept keys, brackets and + - * / // **.
""",
)

FUNCTIONS: Final = gathered(
    "training",
    """
F100 your function raised
A Python function that the experiment names raised an exception.
Mend the function; what was trained until then is kept.
training.optimizer.function, network 0 (seed 4), step 5: 'rules:descend' raised ValueError: no more (rules.py, line 11). Mend the function; what was trained until then is kept.

F101 your function returned something else
A Python function that the experiment names returned another kind of value than is needed.
Return what the message names.
training.stop[0].function: 'rules:stop' must return True or False; got 3. Return a comparison, such as current['train_loss'] < 0.1.

F102 Python code is not allowed
The experiment names Python code, which is only run where whoever starts it says so.
Look at it, then give --allow-python.
training.optimizer.function: the experiment names Python code 'rules:descend', which is only run if you allow it. Look at it, then give --allow-python (in Python: allow_python=True).

F103 Python code has changed
The source of a function is not the one that the experiment was made with.
Bring the old source back, or leave sha256 out.
training.optimizer.function: the source of 'rules:descend' has changed since the experiment was made: its SHA-256 begins with 1f, not with 2e. Bring the old source back, or leave sha256 out to use the new one.

F104 Python code cannot be found
The module of a function cannot be imported, or has no function of that name.
Put the module beside the experiment, or install it.
training.optimizer.function: 'rules:descent': there is no 'descent'. Did you mean 'descend'?

F105 cannot be kept in a file
A function, or the state that it returns, is of a kind that no file can hold.
Move the function to the top of a module, and keep only plain values in its state.
training.optimizer.function: '__main__:<lambda>' cannot be written into a file: only a function that is defined with def at the top of a module can be found again. Move it into a module of its own and import it from there.
""",
)
