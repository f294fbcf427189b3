"""A stranger's class runs in a process of its own, and nothing else does: the world, the books and the points are here.

In the other process (`inside`) only the stories of the class run. They see a front of the shop (`front`): a step there is a
message, and the answer to it. Here (`outside`) every message is checked, the real step is taken, and the world goes on. So code
in that process can say what a story may say, and nothing that it says is more than a step.

Messages to the class, of which it answers each with one of those below:

    ["load", file]                        load the design of that file
    ["morning", now]                      a morning begins: call `set_up`
    ["tell", story, what, component, arguments, now, seen]    begin a story, and tell of its first step
    ["go", story, value, now, seen]       what came of that step: tell of the next one
    ["throw", story, lives, now]          it has died at that step (`lives`: of an error of the database)
    ["close", story]                      the process of the story is gone
    ["due", number, order, now, seen]     call a function that `consume` was given
    ["where", story]                      the line at which it waits
    ["over"]                              the morning is over

From the class:

    ["call", component, name, arguments, named]    something that takes no time; answered by ["answer", value, seen]
    ["step", component, name, arguments, named]    a story's next step
    ["wait", number]                               it waits for something that was begun by a call
    ["end", result], ["dead"]                      the story is over
    ["slip", text, line, purchase], ["wrong", texts]
    ["design", …], ["value", value], ["done"]

`seen` is what became of the orders that a message is about (`words.seen`).
"""
