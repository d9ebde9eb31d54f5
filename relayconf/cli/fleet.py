"""Commands that look at the hosts, or change them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayconf.cli.options import (
    DEFAULT_INVENTORY,
    AcceptNewOption,
    ConfigOption,
    ControlOption,
    FlavourOption,
    HostsArgument,
    InventoryOption,
    JsonOption,
    NoSpfOption,
    ParallelOption,
    ResolverOption,
    TemplatesOption,
    fleet_options,
    run,
)
from relayconf.commands.options import SpfOptions
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.model import MtaName


def plan(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    templates: TemplatesOption = None,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 4 when changes are pending.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Save the plan in this file, for apply --plan.")] = None,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Resolve no secret and compare none, as for cron.")
    ] = False,
    resolver: ResolverOption = None,
    no_spf: NoSpfOption = False,
) -> None:
    """Show exactly what would change on each host. Nothing is changed."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.plan import plan

        spf = None if no_spf else SpfOptions(resolvers=resolver or ())
        options = fleet_options(hosts, inventory, templates, parallel, accept_new, json, spf)
        return plan(console, options, exit_code=exit_code, out=out, without_secrets=without_secrets)

    run(action)


def apply(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    templates: TemplatesOption = None,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    flush: Annotated[bool, typer.Option("--flush", help="Have waiting mail tried again afterwards.")] = False,
    confirm: Annotated[
        int | None,
        typer.Option(
            "--confirm-timeout",
            min=10,
            max=86400,
            metavar="SECONDS",
            help="Each host rolls back by itself after so long, unless this process lives to see it verified.",
        ),
    ] = None,
    reconnect: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=3600,
            metavar="SECONDS",
            help="How long to look after a host whose line dropped, 70 if not said.",
        ),
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", help="Apply only the plan with this fingerprint.")
    ] = None,
    canary: Annotated[
        str | None, typer.Option("--canary", metavar="N|HOST,…", help="Hosts that change first; 0 for none.")
    ] = None,
    max_failures: Annotated[
        int | None, typer.Option("--max-failures", min=0, help="Begin no more hosts when more than this failed.")
    ] = None,
    all_at_once: Annotated[
        bool, typer.Option("--all-at-once", help="No canary unless one is named, however many hosts change.")
    ] = False,
    saved: Annotated[Path | None, typer.Option("--plan", help="Apply only the plan saved in this file.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as plan.")] = False,
    overwrite_drift: Annotated[
        bool, typer.Option("--overwrite-drift", help="Overwrite what was edited by hand.")
    ] = False,
    allow_no_relay: Annotated[
        bool, typer.Option("--allow-no-relay", help="Send direct what went through a relay.")
    ] = False,
    allow_own_domains: Annotated[
        bool, typer.Option("--allow-own-domains", help="Let mail for the host's own domains leave through a relay.")
    ] = False,
    allow_weaker_tls: Annotated[bool, typer.Option("--allow-weaker-tls", help="Let a relay's TLS be weaker.")] = False,
    take_over: Annotated[bool, typer.Option("--take-over", help="Replace what somebody else configured.")] = False,
    allow_discard: Annotated[bool, typer.Option("--allow-discard", help="Drop mail as if it had arrived.")] = False,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Do not test the relays of the changed hosts afterwards.")
    ] = False,
    resolver: ResolverOption = None,
    no_spf: NoSpfOption = False,
) -> None:
    """Plan, show, ask, and make it real."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.apply import apply
        from relayconf.commands.options import USUAL_TESTS, ApplyOptions, WaveOptions
        from relayconf.commands.plan import plan

        spf = None if no_spf else SpfOptions(resolvers=resolver or ())
        options = fleet_options(hosts, inventory, templates, parallel, accept_new, json, spf)
        waves = WaveOptions(canary=canary, max_failures=max_failures, all_at_once=all_at_once)
        if saved is not None and (dry_run or fingerprint is not None):
            raise UsageError("--plan names the plan that is applied", hint="leave out --dry-run and --fingerprint")
        if dry_run and fingerprint is not None:
            raise UsageError("--dry-run applies nothing, there is no plan to insist on", hint="leave one of them out")
        if dry_run:
            return plan(console, options, waves=waves)
        given = {
            "drift": overwrite_drift,
            "no-relay": allow_no_relay,
            "own-domain": allow_own_domains,
            "weaker-tls": allow_weaker_tls,
            "take-over": take_over,
            "discard": allow_discard,
        }
        how = ApplyOptions(
            yes=yes,
            flush=flush,
            confirm=confirm,
            reviewed=fingerprint,
            saved=saved,
            waves=waves,
            reconnect=reconnect,
            verify=None if no_verify else USUAL_TESTS,
            allowed=[code for code, is_given in given.items() if is_given],
        )
        return apply(console, options, how)

    run(action)


def import_host(
    target: Annotated[
        str | None, typer.Argument(metavar="[USER@]HOST", help="The host, reached over SSH; this machine if none.")
    ] = None,
    inventory: Annotated[
        Path | None, typer.Option("-i", "--inventory", help="The inventory that HOST is in, when it is in one.")
    ] = None,
    control: ControlOption = None,
    config: ConfigOption = None,
    flavour: FlavourOption = None,
    mta: Annotated[MtaName | None, typer.Option("--mta", help="Which MTA, where there are two.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file, not to standard output.")] = None,
    secrets_dir: Annotated[
        Path | None, typer.Option("--secrets-dir", help="Write the passwords found there to files in this folder.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    accept_new: AcceptNewOption = False,
) -> None:
    """Write an inventory of what is on a server. Nothing is changed there."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.import_host import ImportOptions, import_host

        options = ImportOptions(
            target=target,
            inventory=inventory,
            control=control,
            config=config,
            flavour=flavour,
            mta=mta,
            accept_new=accept_new,
            out=out,
            secrets=secrets_dir,
            overwrite=overwrite,
        )
        return import_host(console, options)

    run(action)
