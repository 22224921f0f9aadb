"""The network: partners (legal entities), banners (enseignes) and stores."""
