"""Codes of what lies in files: data, models, checkpoints, the store, outputs, optional libraries."""

# ruff: noqa: E501 - a sentence stands on a line of its own
from __future__ import annotations

from typing import Final

from shoal.codes.record import gathered

DATA: Final = gathered(
    "data",
    """
D100 wrong in a table
The table cannot be used as it is.
Mend the table at this place.
a.csv: cannot be used. Mend the table at this place.

D101 missing column
A column that is asked for, or that the model was trained on, is not in the table.
Look at the names in the first line of the table, or rename the column.
points.csv: there is no column 'lable'; the columns are x1, x2, label. Did you mean 'label'?

D102 not a number
A cell of a column of numbers holds something else.
Mend the cell, or leave the row out.
points.csv, line 14, column 'x2': 'n/a' is not a number. Give --missing drop or --missing mean to accept gaps.

D103 a gap
A cell is empty, and gaps are only accepted where it is said what becomes of them.
Fill the cell, or leave the row out.
points.csv, line 3, column 'a': the cell is empty. Give --missing drop or --missing mean to accept gaps.

D104 the file ends in the middle
A quote is never closed, so the rest of the file is one value.
Close the quote, or bring the whole file.
points.csv, line 7: the quote that opens on this line is never closed. Close it, or write a quote that belongs to a value as "".

D105 wrong encoding
The bytes of the text are not of the encoding that is known or guessed.
Name the encoding: --encoding cp932 (Japanese), cp949 (Korean), cp1252 (Western).
points.csv, line 2: the byte 0x83 at offset 19 is not valid UTF-8. Name its encoding, such as --encoding cp932.

D106 the target is constant
Every row has the same answer, so there is nothing to tell apart.
Give rows with other answers too, or choose another target.
points.csv, column 'label': every row has the same class, 'a'. Give rows with other answers too, or choose another target.

D107 not a text table
The file is of another kind: a spreadsheet, an archive, a picture, a model.
Save it as CSV in UTF-8, or give a Parquet file.
points.csv: is an Excel workbook, not a text table. Save it as CSV in UTF-8, or give a Parquet file.

D108 values do not match the columns
A line has more or fewer values than there are column names.
Mend the line; a value with a separator in it stands in quotes.
points.csv, line 5: has 3 values, but there are 4 columns. Mend the line; a value with a separator in it stands in quotes.

D109 no rows
The file or table is empty, or has nothing below its column names.
Add rows below the column names.
points.csv: has a header but no rows. Add rows below the column names.

D110 names of columns
A column has no name, or two have the same.
Give every column its own name.
points.csv, line 1: the column 'x' is there twice. Give every column its own name.

D111 the file changed
The rows are not those that the experiment was made with.
Bring back the old file, or leave out `fingerprint` to accept the new one.
points.csv: the file changed: its fingerprint is 0a1b2c3d4e5f…, the experiment was made with 5f4e3d2c1b0a…. Bring back the old file, or leave out `fingerprint` to accept the new one.

D112 too many numbers
The table has more numbers than can be held at once.
Name fewer features, or give fewer rows.
big.csv: 40,000,000 rows of 784 features are more than 4,000,000,000 numbers. Ask for fewer rows, features or dummies.

D113 unknown class
A cell holds a class or a category that was not there when the model was trained.
Mend the cell, or train again with rows of it.
new.csv, line 3, column 'colour': 'violet' was not there in training. Mend the cell, or train again with rows of it.

D114 too few rows for the parts
What is held out for validation and test leaves too few rows, or has none.
Give more rows, or other shares of validation and test.
points.csv: validation = 0.5 and test = 0.5 of 4 rows leave no row to train on. Give more rows or smaller shares.

D115 number out of range
A number is too large, too small or not finite for what is to be done with it.
Mend the number, or drop the column.
points.csv, line 9, column 'x1': 1e+300 is beyond 1e+150. Mend the number, or drop the column.

D116 weights of rows or classes
Weights of rows or classes are negative, all 0, or for classes that are not there.
Give weights of 0 or more that are not all 0.
points.csv, column 'w': every one of the 10 training rows has weight 0. Give more rows, or another share of them for each part.

D117 separator
The separator of a text table cannot be what was given, or cannot be guessed.
Give one character, such as ',' or ';', or 'tab'.
points.csv: ';;' cannot be a separator. Give one character, such as ',' or ';', or 'tab'.

D118 damaged file of numbers
A Parquet or IDX file is damaged, cut off, or of another kind.
Bring the file again.
train-images.idx: is damaged: it has 10 bytes too few. Bring the file again.

D119 column of another kind
A column holds neither text nor numbers, or something else than is needed of it.
Leave the column out, or write it as numbers or text.
points.parquet, column 'when': its values are dates, neither text nor numbers. Leave it out: --drop when.

D120 column with two tasks
A column is named twice, or as feature and target at once.
Name it once.
points.csv: the column 'label' is named as a feature and as the target. Name it once.

D121 no features
No column is left to predict from.
Name features, or drop fewer columns.
points.csv: there are no feature columns. Name features, or drop fewer columns.

D122 targets of different kinds
Several targets are given that one model cannot learn together.
Train a model for each kind.
points.csv: the targets are of different kinds: a with two values, and b with numbers. Train a model for each kind.

D123 formula of a derived column
A derived column divides by zero, overflows, or its formula names what is not there.
Change the formula, or drop these rows.
points.csv, line 3: 'a / b' is not finite. Change the formula, or drop these rows.
""",
)

MODELS: Final = gathered(
    "predict",
    """
M100 a model cannot be used
The model file cannot be used for this.
Save the model again, or name another.
best.safetensors: cannot be used. Save the model again, or name another.

M101 not a model
The file is no model of shoal.
Name a model that shoal wrote, such as best.safetensors.
data.csv: is not a model file, or its beginning is damaged. Name a model that shoal wrote, such as best.safetensors.

M102 damaged model
The file was cut off or changed after it was written.
Bring the file again, or train it anew.
best.safetensors: is damaged: its weights are not those that were saved. Bring the file again, or train it anew.

M103 model of a newer shoal
The model was written by a later version, with a format that this one does not know.
Update shoal.
best.safetensors: was made by a newer shoal: its format has version 4, and this shoal reads up to 3. Update it.

M104 too large for the memory
The file needs more memory than there is.
Close other programs, or use a machine with more memory.
best.safetensors: needs more memory than there is. Close other programs, or use a machine with more memory.

M105 network that cannot be imported @ imports
The file of another library holds a layer, an activation or a form that shoal does not have.
Import dense layers and scalers alone.
net.keras: has the layer 'c' (Conv1D), and no such layer can be imported. Known: Dense, Flatten.

M106 may hold Python code @ imports
The file can hold code that runs when it is read, so it is not opened.
Save its weights alone: safetensors.torch.save_file(model.state_dict(), 'NAME.safetensors').
net.pt: may hold Python code that runs when it is read, and is not opened. Save its weights alone: safetensors.torch.save_file(model.state_dict(), 'NAME.safetensors').

M107 an import needs to be told more @ imports
The file of another library does not say something that a model of shoal must know.
Give it as an option or argument.
net.safetensors: names no activations for its layers (4-8-1). Give it as an option or argument.

M108 not fitted @ imports
The estimator or the network has no weights yet.
Call fit first.
model: is not fitted. Call fit first.

M109 digests do not agree @ exports
The file was changed after it was exported, so that it is not what it says.
Export the model again.
net.json: was changed: its weights do not have the digest it states. Export the model again.
""",
)

CHECKPOINTS: Final = gathered(
    "training",
    """
C100 a checkpoint cannot be used
The checkpoint cannot be used for this.
Name another checkpoint, or run the experiment anew.
run.checkpoint: cannot be used. Name another checkpoint, or run the experiment anew.

C101 not a checkpoint
The file is no checkpoint of shoal.
Name a file that --checkpoint wrote, or a stored run.
data.csv: is cut off, or not a checkpoint. Name a file that --checkpoint wrote, or a stored run.

C102 damaged checkpoint
The file was cut off or changed after it was written.
Run the experiment anew, or name an older checkpoint.
run.checkpoint: is damaged: it does not hold what was written. Run the experiment anew, or name an older checkpoint.

C103 checkpoint of a newer shoal
The checkpoint was written by a later version of shoal.
Update shoal.
run.checkpoint: was made by a newer shoal: its version is 2, this shoal reads 1. Update shoal.

C104 checkpoint does not fit
The experiment, its rows or its code is not the one that the checkpoint was made with.
Bring back what it was made from, or run the experiment anew.
run.checkpoint: was made from other rows. Bring the rows back that it was made from.

C105 cannot be changed on resuming
A run that goes on cannot have another setting, or it would not be the run that was begun.
Resume it as it is, or run it anew with the change.
or.toml, training.optimizer: cannot be changed when a run is resumed; only training.epochs can, to a larger number. In Python, run.rewind(step).with_(...) goes on with another setting.

C106 checkpoint in use
Another process writes to this checkpoint.
Wait for its end, or stop it.
run.checkpoint: is in use by another run. Wait for its end, or stop it.
""",
)

STORE: Final = gathered(
    "store",
    """
S100 the store cannot do this
What is asked for does not go with what is stored.
See what is stored: shoal runs.
or-1: is a run, and no sweep. See what is stored: shoal runs.

S101 no such run
Nothing is stored under this id, name or tag.
See: shoal runs.
or-9f: no stored run has this id. See: shoal runs.

S102 several runs
The beginning of an id fits several stored runs.
Give more characters.
or: is the beginning of several ids: or-1, or-2. Give more characters.

S103 in use
Another process holds the store or the run.
Wait for its end, or stop it.
runs.sqlite: is in use by another process. Wait for its end, or stop it.

S104 store of a newer shoal
The store was written by a later version of shoal.
Update shoal, or set SHOAL_HOME to another folder.
index.sqlite: was made by a newer shoal: its version is 9, this shoal reads 1. Update shoal, or set SHOAL_HOME to another folder.

S105 not a store
SHOAL_HOME, or the file named, is something else than a store of shoal.
Set SHOAL_HOME to another folder.
index.sqlite: is no store of shoal. SHOAL_HOME names another folder.

S106 store cannot be written
The disk is full, or the folder of the store may not be written to.
Make room, or set SHOAL_HOME to a folder that you may write to.
/home/a/.shoal: the disk is full. Make room.

S107 damaged in the store
A file of a stored run was changed or lost its end.
Run the experiment anew; shoal runs rm removes the damaged entry.
or-1: its result is damaged, or of another shoal. Run the experiment anew; shoal runs rm removes the damaged entry.

S108 cannot be brought back
The stored run lacks what is needed to compute it again or to go on with it.
Run the experiment anew.
or-1: its folder, /home/a/.shoal/runs/or-1, is gone. Forget it: shoal runs rm or-1.

S109 tag or note
A tag can only hold letters, digits and a few signs.
Give a word such as good or final-2.
'a b': a tag is a word of letters, digits and - _ . only. Give a word such as good or final-2.
""",
)

OUTPUTS: Final = gathered(
    "errors",
    """
O101 missing file
A file that was named is not there.
Look at the spelling and the folder.
points.cvs: there is no such file. Did you mean 'points.csv'?

O102 output exists
A file that would be written is there already, and nothing is replaced unasked.
Give --force to replace it.
best.safetensors: exists already. Give --force to replace it.

O103 cannot be written
The system refused to write the file: the disk is full, a limit is reached, or a right is missing.
Make room, or name a file elsewhere.
r.json: cannot be written: No space left on device. Make room, or name a file elsewhere.

O104 standard output cannot be written
Where the output was sent to is full or cannot take it.
Make room, or send it elsewhere.
standard output: cannot be written: No space left on device. Make room, or send it elsewhere.

O105 cannot be read
The system refused to read the file.
Look at its rights: ls -l shows them.
points.csv: cannot be read: Permission denied. Look at its rights: ls -l shows them.

O106 a folder
A folder was named where a file is needed.
Name a file in it.
examples: is a folder. Name a file in it.

O107 no such folder
The folder that a file is to be written to does not exist.
Make the folder first, or name another.
out/r.json: the folder 'out' does not exist. Make the folder first, or name another.

O108 not a file name
The text cannot be the name of a file.
Give another name.
'a\\x00b': is not a file name. Give another name.

O109 unknown ending
The ending of the name says which kind of file is wanted, and this one is none of the known.
Give the file one of these endings.
r.docx: must end in .json, .html or .safetensors. Give the file one of these endings.

O110 not a regular file
A device, a pipe or the like was named where a file is needed.
Name a file.
/dev/null: is a device or a pipe. Name a file.

O111 named twice
An output is named twice, or would replace what is read.
Give the output another name.
r.json: is named twice as an output. Name it once.
""",
)

EXTRAS: Final = gathered(
    "errors",
    """
E101 an optional library is missing
What was asked for needs a library that a plain installation does not bring along.
Install the extra that the message names.
drawing a chart needs the altair package: pip install 'shoal[viz]'.
""",
)
