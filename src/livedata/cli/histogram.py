"""``livedata histogram``: counts of one stream of a file or a broker, along axes or as an image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArgumentError, SettingsError
from .options import AsJson, Seconds, Topics
from .output import print_json, terminal_size
from .target import opened

if TYPE_CHECKING:
    from ..reduce.axis import Axis
    from ..reduce.description import Description
    from ..reduce.pixels.region import Region


def histogram(
    target: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A NeXus file, or kafka://host:port.", show_default=False)
    ],
    stream: Annotated[str, typer.Option(metavar="NAME", help="The stream, as info names it.", show_default=False)],
    toa: Annotated[
        str | None,
        typer.Option(
            metavar="START:STOP:N", help="N bins in time of arrival; the stop is excluded.", show_default=False
        ),
    ] = None,
    unit: Annotated[str, typer.Option(help="Of START and STOP of --toa.")] = "ns",
    axis: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME=START:STOP:N[:log] [UNIT]'",
            help="Bins along event_id, a coordinate such as wavelength, period, veto, time, or a log. START:STOP are "
            "integers one by one, A,B,C categories. May be given several times.",
            show_default=False,
        ),
    ] = None,
    image: Annotated[bool, typer.Option("--image", help="Count per pixel, arranged as the detector is.")] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help="Only pulses for which it is true, such as 'temperature < 5 K and period == 1'. May be given several "
            "times.",
            show_default=False,
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|JSON",
            help='Only this region, as in a description: \'{"rectangle": {"x": [10, 40], "y": [5, 60]}}\'.',
            show_default=False,
        ),
    ] = None,
    mask: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Without the pixels of a mask: XML, JSON, text or NeXus.", show_default=False
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write the result to a .nxs, .csv or .npz file.", show_default=False),
    ] = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="Count nothing; print the description for livedata reduce.")
    ] = False,
    as_json: AsJson = False,
    topics: Topics = None,
    seconds: Seconds = None,
) -> None:
    """Count the events of a stream in bins, or per pixel."""
    from ..reduce.asjson import description_to_json
    from .counting import count, stream_for

    axes = dict([read_axis(text) for text in axis or []])
    if len(axes) < len(axis or []) or (toa is not None and "toa" in axes):
        raise ArgumentError("two axes lie on the same quantity; expected different ones")
    description = describe_histogram(toa, unit, axes, image=image, where=where, region=region, mask=mask)
    if describe:
        print_json(description_to_json(description))
        return
    with opened(target, topics=topics) as streams:
        snapshot = count(stream_for(streams, stream, description), description, target, seconds)
    if save is not None:
        about = {"description": description_to_json(description), "target": target, "stream": stream}
        snapshot.save(save, about=about)
    if as_json:
        print_json(snapshot.to_dict())
        return
    from ..panels import draw

    typer.echo(draw(snapshot, name=stream, width=min(terminal_size()[0], 120)))
    typer.echo(str(snapshot.ledger))
    if save is not None:
        typer.echo(f"saved as {save}")


def describe_histogram(
    toa: str | None,
    unit: str,
    axes: dict[str, Axis],
    *,
    image: bool = False,
    where: list[str] | None = None,
    region: str | None = None,
    mask: list[Path] | None = None,
) -> Description:
    """Return the description that the options ask for."""
    from ..reduce.axis import parse_bins
    from ..reduce.condition import as_filters
    from ..reduce.conditiontext import parse_condition
    from ..reduce.description import Description
    from ..reduce.pixels.projection import Logical
    from ..reduce.quantity import bind_axes

    told = ({} if toa is None else {"toa": parse_bins(toa, unit)}) | axes
    if not told and not image:
        raise ArgumentError("along what? give --toa START:STOP:N, --axis 'NAME=START:STOP:N UNIT', or --image")
    chosen = None if region is None else read_region(region)
    masks = []
    if mask:
        from ..nexus.maskfile import read_mask

        masks = [read_mask(path) for path in mask]
    # A region lies on a picture: without one wanted, the picture says where it lies and is summed.
    return Description(
        axes=bind_axes(**told),
        projection=Logical() if image or chosen is not None else None,
        is_summed=chosen is not None and not image,
        masks=tuple(masks),
        region=chosen,
        filters=as_filters([parse_condition(text) for text in where or []]),
    )


def read_axis(text: str) -> tuple[str, Axis]:
    """Read ``NAME=START:STOP:N[:log] [UNIT]``.

    Examples
    --------
    >>> read_axis("wavelength=0.5:20:100:log angstrom")
    ('wavelength', <Axis 100 bins 0.5 … 20 angstrom, logarithmic>)
    """
    from ..reduce.axis import parse_bins

    name, sign, rest = text.rpartition("=")
    parts = re.match(r"\s*(\S+:\S+)\s+(\S.*?)\s*$", rest)
    if not sign or not name.strip() or not rest.strip():
        raise ArgumentError(f"axis {text!r}; expected NAME=START:STOP:N UNIT, such as 'wavelength=0.5:20:100 angstrom'")
    return name.strip(), parse_bins(parts[1], parts[2]) if parts else parse_bins(rest.strip(), None)


def read_region(given: str) -> Region:
    """Return a region from JSON, or from a file with JSON."""
    import json

    from ..reduce.asjson import description_from_json

    text, where = given, "--region"
    if not given.lstrip().startswith("{"):
        try:
            text, where = Path(given).read_text(encoding="utf-8"), given
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text"
            raise SettingsError(f"cannot read the region {given}: {reason}") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{where} is no valid JSON: {error}") from None
    region = description_from_json({"format": 1, "region": content}, where=where).region
    if region is None:
        raise SettingsError(f"{where}: no region; expected such as " + '{"rectangle": {"x": [10, 40], "y": [5, 60]}}')
    return region
