#include "ui/try/generation_form.h"

#include "ui/theme/theme.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>

#include <limits>

namespace lora::ui {

GenerationForm::GenerationForm(QWidget* parent)
    : QWidget(parent)
    , m_temperature(new QDoubleSpinBox(this))
    , m_topK(new QSpinBox(this))
    , m_topP(new QDoubleSpinBox(this))
    , m_maxNewTokens(new QSpinBox(this))
    , m_seed(new QSpinBox(this))
{
    m_temperature->setRange(0, 5);
    m_temperature->setSingleStep(0.1);
    m_temperature->setSpecialValueText(tr("0 (greedy)"));
    m_topK->setRange(0, 1 << 20);
    m_topK->setSpecialValueText(tr("all tokens"));
    m_topP->setRange(0.01, 1);
    m_topP->setSingleStep(0.05);
    m_maxNewTokens->setRange(1, 1 << 16);
    m_seed->setRange(0, std::numeric_limits<int>::max());
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(kGrid);
    form->setVerticalSpacing(kGrid / 2);
    const std::tuple<QString, QWidget*, QString> rows[] = {
        {tr("Te&mperature"), m_temperature,
         tr("Below 1 likely tokens become likelier still; 0 always takes the likeliest")},
        {tr("Top-&k"), m_topK, tr("Chooses among so many of the likeliest tokens")},
        {tr("To&p-p"), m_topP,
         tr("Chooses among the fewest tokens that hold this probability together (Holtzman et al. 2020)")},
        {tr("New to&kens"), m_maxNewTokens, tr("The continuation ends after so many tokens at the latest")},
        {tr("S&eed"), m_seed, tr("The same seed gives the same text")}};
    for (const auto& [name, control, why] : rows) {
        form->addRow(name, control);
        control->setToolTip(why);
        form->labelForField(control)->setToolTip(why);
        control->setAccessibleName(QString(name).remove(u'&'));
    }
    connect(m_temperature, &QDoubleSpinBox::valueChanged, this, &GenerationForm::refresh);
    setSettings({});
}

GenerationSettings GenerationForm::settings() const
{
    GenerationSettings settings;
    settings.temperature = m_temperature->value();
    settings.topK = m_topK->value();
    settings.topP = m_topP->value();
    settings.maxNewTokens = m_maxNewTokens->value();
    settings.seed = static_cast<std::uint64_t>(m_seed->value());
    return settings;
}

void GenerationForm::setSettings(const GenerationSettings& settings)
{
    m_temperature->setValue(settings.temperature);
    m_topK->setValue(settings.topK);
    m_topP->setValue(settings.topP);
    m_maxNewTokens->setValue(settings.maxNewTokens);
    m_seed->setValue(static_cast<int>(settings.seed));
    refresh();
}

/// Greedy decoding chooses nothing.
void GenerationForm::refresh()
{
    const bool isSampling = m_temperature->value() > 0;
    for (QWidget* control : std::initializer_list<QWidget*>{m_topK, m_topP, m_seed})
        control->setEnabled(isSampling);
}

} // namespace lora::ui
