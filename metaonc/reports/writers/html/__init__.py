"""A report as a site: pages that need no server and fetch nothing."""

from metaonc.reports.writers.html.site import html_site

__all__ = ["html_site"]
