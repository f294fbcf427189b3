"""Somebody between app and checkout who sends a request again that nobody asked them to repeat."""

from __future__ import annotations

from tests.theory.oracle.records import Order, Passage, Repeat, Request, Try
from tests.theory.oracle.stories import Stories
from tests.theory.oracle.workers import Job

WORKED = ("executed", "replayed")


class Proxied(Stories):
    """Each try is a job of its own; a request has the fate of the try that came farthest."""

    def reach_checkout(self, request: Request) -> None:
        if self.design.proxy is None:
            super().reach_checkout(request)
        else:
            self.send_try(Passage(request))

    def send_try(self, passage: Passage) -> None:
        assert self.design.proxy is not None
        passage.tries += 1
        one = Try(passage)
        self.after(self.design.proxy.timeout, self.stop_waiting, one)
        if self.turned_away():
            self.come_to(one, "rejected")
            self.get_reply(one, "unavailable", None)
        else:
            passage.at_work += 1
            self.come_to(one, "waiting")
            self.submit(Job("checkout", self.begin, passage.request, pool=self.pools["checkout"], one=one))

    def come_to(self, one: Try, fate: str) -> None:
        request = one.passage.request
        if fate in WORKED:
            request.fate = "executed" if request.fate == "executed" else fate
        elif request.fate not in WORKED:
            request.fate = "waiting" if one.passage.at_work else fate

    # What becomes of a job

    def reply_to(self, job: Job, answer: str, *, replayed: bool) -> None:
        if job.one is None:
            super().reply_to(job, answer, replayed=replayed)
            return
        job.one.passage.at_work -= 1
        self.come_to(job.one, "replayed" if replayed else "executed")
        self.get_reply(job.one, answer, job.order)

    def died_with(self, job: Job) -> None:
        if job.one is None:
            super().died_with(job)
            return
        job.one.passage.at_work -= 1
        self.come_to(job.one, "executed")

    def drop(self, job: Job) -> None:
        if job.one is None:
            super().drop(job)
            return
        job.one.passage.at_work -= 1
        self.come_to(job.one, "dropped")

    # What the proxy makes of it

    def get_reply(self, one: Try, answer: str, order: Order | None) -> None:
        one.closed = True
        passage, proxy = one.passage, self.design.proxy
        assert proxy is not None
        if passage.over or (one.timed_out and proxy.late == "ignored"):
            return
        if answer != "unavailable" or not self.repeats(passage, "unavailable"):
            passage.over = True
            self.send_answer(passage.request, answer, order)

    def stop_waiting(self, one: Try) -> None:
        if one.closed:
            return
        one.timed_out = True
        passage, request = one.passage, one.passage.request
        if passage.over or self.repeats(passage, "timeout"):
            return
        passage.over = True
        if not request.closed:
            self.send_answer(request, "unavailable", None)

    def repeats(self, passage: Passage, why: str) -> bool:
        request, customer, proxy = passage.request, passage.request.customer, self.design.proxy
        assert proxy is not None
        gone = request.closed or request.page != customer.page or customer.done
        if why not in proxy.on or passage.tries == proxy.tries or gone:
            return False
        self.repeated.append(Repeat(0, self.requests.index(request), self.now))
        self.after(0.0, self.send_try, passage)
        return True
