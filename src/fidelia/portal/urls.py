"""The addresses of the portal."""

from __future__ import annotations

from django.urls import path

from . import (
    app,
    catalog,
    consents,
    data,
    exchanging,
    friends,
    home,
    joining,
    log_in,
    me,
    offers,
    points,
    rewards,
    texting,
    tiers,
    unsubscribing,
)

app_name = "portal"
urlpatterns = [
    # /
    path("", home.home, name="home"),
    path("programmes/<slug:slug>/choice/", home.choose, name="programme"),
    path("card/", home.card, name="card"),
    path("points/", points.points, name="points"),
    path("points/exchange/", exchanging.exchange, name="exchange"),
    path("purchases/<uuid:purchase_id>/", points.purchase, name="purchase"),
    path("purchases/<uuid:purchase_id>/receipt/", points.receipt, name="receipt"),
    path("tiers/", tiers.tiers, name="tiers"),
    path("rewards/", rewards.rewards, name="rewards"),
    path("rewards/<uuid:reward_id>/", catalog.reward, name="reward"),
    path("rewards/<uuid:reward_id>/picture/", catalog.picture, name="reward-picture"),
    path("rewards/chosen/<uuid:redemption_id>/", catalog.chosen, name="chosen"),
    path("offers/<slug:key>/activation/", offers.activate, name="offer"),
    # /login/
    path("login/", log_in.log_in, name="log-in"),
    path("login/code/", log_in.code, name="log-in-code"),
    path("login/person/", log_in.person, name="log-in-person"),
    path("logout/", log_in.log_out, name="log-out"),
    # /from-message/: messaging writes these addresses into messages (PORTAL_PATH)
    path("from-message/<str:token>", log_in.from_message, name="from-message"),
    # /me/
    path("me/", me.me, name="me"),
    path("me/details/", me.profile, name="profile"),
    path("me/email/", me.email, name="email"),
    path("me/email/code/", me.email_code, name="email-code"),
    path("me/devices/", me.devices, name="devices"),
    path("me/devices/<uuid:session_id>/end/", me.end_device, name="device-end"),
    path("me/consents/", consents.consents, name="consents"),
    path("me/consents/none/", consents.refuse_all, name="consents-none"),
    path("me/consents/<slug:key>/", consents.choose, name="consent"),
    path("me/data/", data.data, name="data"),
    path("me/data/file/", data.download, name="data-file"),
    path("me/erasure/", data.erasure, name="erasure"),
    path("me/erasure/withdrawal/", data.keep_me, name="erasure-withdrawal"),
    path("me/friends/", friends.friends, name="friends"),
    path("join/", joining.join_page, name="join"),
    path("join/code/", joining.join_code, name="join-code"),
    # the app
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("service-worker.js", app.worker, name="worker"),
    path("theme.css", app.theme, name="theme"),
    path("logo", app.logo, name="logo"),
    path("icon-<int:size>.png", app.icon, name="icon"),
    # /sms/: what a gateway of text messages calls back with
    path("sms/<str:secret>/inbound/", texting.inbound, name="sms-inbound"),
    path("sms/<str:secret>/receipts/", texting.receipts, name="sms-receipts"),
    # /unsubscribe/: messaging writes these addresses into messages (UNSUBSCRIBE_PATH)
    path("unsubscribe/<str:token>", unsubscribing.unsubscribe_page, name="unsubscribe"),
]
