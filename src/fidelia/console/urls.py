"""Addresses of the console, grouped by resource."""

from __future__ import annotations

from django.urls import path

from . import (
    audit,
    campaigns,
    events,
    home,
    imports,
    insight,
    jobs,
    keys,
    login,
    preferences,
    programmes,
    purchases,
    search,
    segments,
    settings,
    stores,
    style,
    trials,
    users,
    views,
)
from .customers import acts, exports, listing, one, points

app_name = "console"

urlpatterns = [
    # /console/
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("preferences/", preferences.choose, name="preferences"),
    # /console/customers/
    path("customers/", listing.customers, name="customers"),
    path("customers/new/", acts.add, name="customer-new"),
    path("customers/exports/", listing.export, name="customer-export"),
    path("customers/exports/<uuid:job_id>/", exports.download, name="customer-export-file"),
    path("customers/columns/", listing.columns, name="customer-columns"),
    path("customers/<uuid:customer_id>/", one.customer, name="customer"),
    path("customers/<uuid:customer_id>/purchases/", purchases.of_customer, name="customer-purchases"),
    path("customers/<uuid:customer_id>/points/", points.points, name="customer-points"),
    path("customers/<uuid:customer_id>/points/adjustments/", points.adjust, name="customer-adjust"),
    path("customers/<uuid:customer_id>/messages/", one.messages, name="customer-messages"),
    path("customers/<uuid:customer_id>/record/", one.record, name="customer-record"),
    path("customers/<uuid:customer_id>/consents/", acts.consent, name="customer-consent"),
    path("customers/<uuid:customer_id>/history/", one.history, name="customer-history"),
    # /console/views/
    path("views/<slug:page>/new/", views.save, name="view-new"),
    path("views/<slug:page>/<uuid:view_id>/removal/", views.forget, name="view-forget"),
    # /console/purchases/, /console/imports/
    path("purchases/", purchases.purchases, name="purchases"),
    path("purchases/<uuid:purchase_id>/", purchases.purchase, name="purchase"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<uuid:import_id>/", imports.one, name="import"),
    # /console/programmes/
    path("programmes/", programmes.index, name="programmes"),
    path("programmes/<slug:slug>/", programmes.programme, name="programme"),
    path("programmes/<slug:slug>/versions/", programmes.draft, name="programme-drafts"),
    path("programmes/<slug:slug>/versions/<int:number>/", programmes.version, name="version"),
    path("programmes/<slug:slug>/versions/<int:number>/rules/<slug:key>/", programmes.version, name="version-rule"),
    path("programmes/<slug:slug>/versions/<int:number>/tiers/", programmes.tiers, name="version-tiers"),
    path("programmes/<slug:slug>/versions/<int:number>/points/", programmes.points, name="version-points"),
    path("programmes/<slug:slug>/versions/<int:number>/document/", programmes.document, name="version-document"),
    path("programmes/<slug:slug>/versions/<int:number>/successor/", programmes.successor, name="version-successor"),
    path("programmes/<slug:slug>/versions/<int:number>/trial/", trials.trial, name="version-trial"),
    path(
        "programmes/<slug:slug>/versions/<int:number>/publication/", programmes.publication, name="version-publication"
    ),
    path("programmes/<slug:slug>/versions/<int:number>/withdrawal/", programmes.withdrawal, name="version-withdrawal"),
    # /console/segments/
    path("segments/", segments.index, name="segments"),
    path("segments/new/", segments.new, name="segment-new"),
    path("segments/preview/", segments.preview, name="segment-preview"),
    path("segments/<slug:key>/", segments.segment, name="segment"),
    path("segments/<slug:key>/refresh/", segments.refreshing, name="segment-refreshing"),
    path("segments/<slug:key>/archive/", segments.archiving, name="segment-archiving"),
    # /console/campaigns/
    path("campaigns/", campaigns.index, name="campaigns"),
    path("campaigns/new/", campaigns.new, name="campaign-new"),
    path("campaigns/preview/", campaigns.preview, name="campaign-preview"),
    path("campaigns/<slug:key>/", campaigns.campaign, name="campaign"),
    path("campaigns/<slug:key>/draft/", campaigns.edit, name="campaign-edit"),
    path("campaigns/<slug:key>/approval-request/", campaigns.approval_request, name="campaign-approval-request"),
    path("campaigns/<slug:key>/approval/", campaigns.approval, name="campaign-approval"),
    path("campaigns/<slug:key>/refusal/", campaigns.refusal, name="campaign-refusal"),
    path("campaigns/<slug:key>/launch/", campaigns.launch, name="campaign-launch"),
    path("campaigns/<slug:key>/stop/", campaigns.stop, name="campaign-stop"),
    path("campaigns/<slug:key>/measurement/", campaigns.measurement, name="campaign-measurement"),
    # /console/insight/
    path("insight/", insight.index, name="insight"),
    path("insight/rfm/", insight.rfm, name="insight-rfm"),
    path("insight/rfm/<int:recency>-<int:frequency>/", insight.cell, name="insight-cell"),
    path("insight/refreshes/", insight.refresh, name="insight-refresh"),
    path("insight/refreshes/<uuid:job_id>/", insight.refreshing, name="insight-refreshing"),
    # /console/settings/
    path("settings/", settings.settings_home, name="settings"),
    path("settings/stores/", stores.stores, name="stores"),
    path("settings/stores/new/", stores.new_store, name="store-new"),
    path("settings/banners/new/", stores.new_banner, name="banner-new"),
    path("settings/users/", users.users, name="users"),
    path("settings/users/new/", users.add, name="user-new"),
    path("settings/users/<uuid:user_id>/", users.user, name="user"),
    path("settings/users/<uuid:user_id>/deactivation/", users.deactivate, name="user-deactivation"),
    path("settings/users/<uuid:user_id>/roles/<uuid:grant_id>/revocation/", users.revoke, name="role-revocation"),
    path("settings/keys/", keys.keys, name="keys"),
    path("settings/keys/new/", keys.issue, name="key-new"),
    path("settings/keys/<uuid:key_id>/revocation/", keys.revoke, name="key-revocation"),
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/jobs/", jobs.jobs, name="jobs"),
    path("settings/jobs/<uuid:job_id>/", jobs.job, name="job"),
    path("settings/jobs/<uuid:job_id>/pause/", jobs.pause, name="job-pause"),
    path("settings/jobs/<uuid:job_id>/stop/", jobs.stop, name="job-stop"),
    path("settings/jobs/<uuid:job_id>/resumption/", jobs.resume, name="job-resume"),
    path("settings/events/", events.events, name="events"),
    path("settings/events/<str:reaction>/<int:event_id>/retry/", events.retry, name="event-retry"),
    path("settings/events/<str:reaction>/<int:event_id>/dismissal/", events.dismiss, name="event-dismissal"),
    path("settings/style/", style.style, name="style"),
    path("settings/style/progress/", style.progress, name="style-progress"),
]
